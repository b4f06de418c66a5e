import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import config from './vite.config.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const assets = join(folder, 'assets');
const stampFile = join(assets, '.stamp');
const beingWritten = join(assets, `.writing-${process.pid}`);

export type LandingBuild = 'built' | 'up to date' | 'tools missing';

/**
 * Bundles the landing page into `assets/`, unless what lies there was made from the same sources and packages.
 *
 * It runs on every `npm install`, therefore: nothing is done twice, a production install (without Vite) is no error,
 * and a page that is being served stays whole, because files with new names are written before the page that names
 * them and old ones are removed last.
 */
export async function buildLandingPage(): Promise<LandingBuild> {
  const stamp = await sourcesHash();
  const builtFrom = await readFile(stampFile, 'utf8').catch(() => undefined);
  if (stamp === builtFrom && existsSync(join(assets, 'index.html'))) return 'up to date';
  const vite = await import('vite').catch(nullWhereMissing);
  if (vite === null) return 'tools missing';

  const files = await bundle(vite);
  await mkdir(assets, { recursive: true });
  await rm(stampFile, { force: true });
  const pageLast = [...files].sort(([a], [b]) => Number(a === 'index.html') - Number(b === 'index.html'));
  for (const [name, content] of pageLast) await replaceFile(join(assets, name), content);
  for (const name of await readdir(assets)) {
    if (!files.has(name) && !name.startsWith('.')) await rm(join(assets, name), { recursive: true, force: true });
  }
  await replaceFile(stampFile, stamp);
  return 'built';
}

/** The bundle's files by name; the same bytes for the same sources, wherever it is built. */
async function bundle(vite: typeof import('vite')): Promise<Map<string, string | Uint8Array>> {
  // Vite keeps a NODE_ENV that it finds: under a test runner's, React's development build would be bundled.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    const result = await vite.build({ ...config, configFile: false, build: { ...config.build, write: false } });
    if (!('output' in result)) throw new Error('Vite gave more than one bundle, or a watcher, for the landing page');
    return new Map(result.output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

/** What the bundle is made from: the page, how it is built, and the exact versions of every package. */
async function sourcesHash(): Promise<string> {
  const page = await readdir(join(folder, 'app'), { recursive: true, withFileTypes: true });
  const sources = page.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = [
    ...sources,
    join(folder, 'vite.config.ts'),
    join(folder, 'build.ts'),
    join(folder, '../../../package-lock.json'),
  ];
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const content = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    hash.update(`${relative(folder, file)} ${content}\n`);
  }
  return hash.digest('hex');
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(beingWritten, content);
  await rename(beingWritten, path);
}

function nullWhereMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return null;
  throw error;
}

if (import.meta.main) {
  const began = performance.now();
  const outcome = await buildLandingPage();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const lines = {
    built: `Landing page: built in ${seconds} s.`,
    'up to date': 'Landing page: up to date.',
    'tools missing': 'Landing page: not built, because Vite is not installed (it is a development dependency).',
  } satisfies Record<LandingBuild, string>;
  console.log(lines[outcome]);
}
