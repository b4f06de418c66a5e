/**
 * Takes a bundle out to a folder of its own beside it, `.isthmus/bundles/<name>`: what an earlier bundle of the name had is
 * replaced, and what its gateways have written (their store) stays.
 */
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ArchiveError, readArchive } from '../../archive/index.ts';
import { fail } from '../frame/cli-failure.ts';

/** @returns the configuration @throws CliFailure FILE */
export async function openBundle(name: string): Promise<string> {
  const bundle = resolve(name);
  const parent = join(dirname(bundle), '.isthmus', 'bundles');
  const folder = join(parent, basename(bundle));
  await mkdir(folder, { recursive: true });
  const unpacked = await mkdtemp(join(parent, '.unpacked-'));
  try {
    const { config } = await readArchive(bundle, 'bundle', unpacked);
    if (typeof config !== 'string' || config !== basename(config)) throw new ArchiveError('it names no configuration');
    for (const entry of await readdir(folder))
      if (entry !== state) await rm(join(folder, entry), { recursive: true, force: true });
    for (const entry of await readdir(unpacked))
      if (entry !== state) await rename(join(unpacked, entry), join(folder, entry));
    for (const entry of await readdir(join(unpacked, state)).catch(() => [])) {
      await mkdir(join(folder, state), { recursive: true });
      await rm(join(folder, state, entry), { recursive: true, force: true });
      await rename(join(unpacked, state, entry), join(folder, state, entry));
    }
    return join(folder, config);
  } catch (error) {
    if (error instanceof ArchiveError) return fail('FILE', `${name}: ${error.message}`);
    throw error;
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** The folder of what gateways write, and of what servers gave last. */
const state = '.isthmus';
