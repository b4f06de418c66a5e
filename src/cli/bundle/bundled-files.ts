/**
 * The files that a configuration is served from, by their paths from its folder: schemas, prompts, trusted documents, and
 * modules with whatever they import by a relative path. What other servers have is written as what they gave last, so that
 * a gateway starts without them. Certificates and keys of TLS, and packages, stay outside.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ArchivedFile } from '../../archive/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import { createLogger } from '../../observability/index.ts';
import { readTrustedDocuments } from '../../persisted/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import { createSdlStore, watchedPaths } from '../../supergraph/index.ts';

/** A file that a bundle would need lies elsewhere. */
export class OutsideBundle extends Error {
  override readonly name = 'OutsideBundle';
}

/**
 * @param folder an empty one, for what is written
 * @throws OutsideBundle
 */
export async function bundledFiles(
  { config, sources, composition }: SupergraphParts,
  folder: string,
): Promise<readonly ArchivedFile[]> {
  const root = dirname(config.file);
  const paths = new Set<string>();
  for (const path of await ownPaths(config)) for (const file of await filesOf(path)) await addWithImports(file, paths);
  const local = [...paths].map((source) => ({ path: pathWithin(root, source), source }));

  // `createSdlStore` writes them as a gateway looks for them.
  const store = createSdlStore(join(folder, 'supergraph.yaml'));
  for (const { name, schema } of config.subgraphs)
    if (schema.kind === 'introspection')
      await store.store({ name, url: schema.url, sdl: sources.get(name)?.sdl ?? '' });
  const { supergraph } = config;
  if (supergraph?.source.kind === 'http')
    await store.store({ name: 'supergraph', url: supergraph.source.url, sdl: composition.supergraphSdl });
  await mkdir(join(folder, '.isthmus'), { recursive: true });
  await writeFile(join(folder, '.isthmus', 'supergraph.graphql'), composition.supergraphSdl);
  const copies = await filesOf(join(folder, '.isthmus'));
  return [...local, ...copies.map((source) => ({ path: pathWithin(folder, source), source }))].toSorted((a, b) =>
    a.path < b.path ? -1 : 1,
  );
}

async function ownPaths(config: ResolvedConfig): Promise<readonly string[]> {
  const { persistedOperations, server, supergraph, file } = config;
  const copies = join(dirname(file), '.isthmus', 'documents');
  const hasAddresses = persistedOperations.documents.some(({ kind }) => kind === 'url');
  const log = createLogger({ level: 'warn', readable: true, destination: process.stderr });
  // They are stored beside the configuration then.
  if (hasAddresses) await readTrustedDocuments(config, log);
  return [
    ...watchedPaths(config),
    ...persistedOperations.documents.flatMap((source) => (source.kind === 'path' ? [source.path] : [])),
    ...(hasAddresses ? [copies] : []),
    ...(supergraph?.source.kind === 'oci' ? [supergraph.source.folder] : []),
    ...(server.exampleOperationsFolder === undefined ? [] : [server.exampleOperationsFolder]),
  ];
}

/** Below a folder that is named, what is never served from: a store and its key, packages, history. */
const excluded: ReadonlySet<string> = new Set(['.isthmus', 'node_modules', '.git']);

async function filesOf(path: string): Promise<readonly string[]> {
  if (!existsSync(path)) return [];
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !relative(path, file)
          .split(sep)
          .some((step) => excluded.has(step) || step.startsWith('.env')),
    );
}

async function addWithImports(file: string, paths: Set<string>): Promise<void> {
  if (paths.has(file)) return;
  paths.add(file);
  if (!/\.[cm]?[jt]s$/.test(file)) return;
  // Types are erased: nothing is loaded for them.
  const text = (await readFile(file, 'utf8')).replace(/\b(?:import|export)\s+type\s[^;'"]*from\s*['"][^'"]*['"]/g, '');
  for (const [, specifier = ''] of text.matchAll(/(?:from|import|import\()\s*['"](\.{1,2}\/[^'"]+)['"]/g)) {
    const imported = resolve(dirname(file), specifier);
    if (existsSync(imported)) await addWithImports(imported, paths);
  }
}

function pathWithin(root: string, file: string): string {
  const path = relative(root, file);
  if (path.startsWith('..') || resolve(root, path) !== file)
    throw new OutsideBundle(`${file} lies outside the folder of the configuration: a bundle has no place for it`);
  return path.replaceAll(sep, '/');
}
