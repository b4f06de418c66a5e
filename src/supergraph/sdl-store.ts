/**
 * The last SDL of each introspected subgraph, in memory and on disk. It is used while the subgraph is down, so that the
 * other subgraphs can still be edited and the gateway can start. Only an SDL that has composed is stored, so that a start
 * never depends on a broken one.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextFile, stableHash } from '../lib/index.ts';

export interface StoredSdl {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

export interface SdlStore {
  /** The SDL that was last stored for this subgraph at this URL. */
  find(name: string, url: string): Promise<string | undefined>;
  /** @throws Error if the disk cannot be written; the SDL is stored in memory all the same */
  store(entry: StoredSdl): Promise<void>;
}

/** @param configFile SDLs are stored beside it, under `.isthmus/schemas` */
export function createSdlStore(configFile: string): SdlStore {
  const folder = join(dirname(configFile), '.isthmus', 'schemas');
  const memory = new Map<string, string>();
  /** The SDLs that this process has written to disk. */
  const stored = new Map<string, string>();
  // A changed URL may be another service with another SDL. The URL is hashed, as it may contain a password.
  const fileOf = (name: string, url: string): string => join(folder, `${name}-${stableHash(url).slice(0, 12)}.graphql`);

  return {
    async find(name, url) {
      const file = fileOf(name, url);
      const sdl = memory.get(file) ?? (await readTextFile(file).catch(() => undefined));
      if (sdl !== undefined) memory.set(file, sdl);
      return sdl;
    },
    async store(entry) {
      const file = fileOf(entry.name, entry.url);
      if (stored.get(file) === entry.sdl) return;
      memory.set(file, entry.sdl);
      await mkdir(folder, { recursive: true });
      const temporary = `${file}.${process.pid}.tmp`;
      await writeFile(temporary, entry.sdl, { flush: true, mode: 0o600 });
      await rename(temporary, file);
      stored.set(file, entry.sdl);
    },
  };
}
