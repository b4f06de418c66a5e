/**
 * The last SDL of each subgraph that is asked for it, in memory and on disk: while the subgraph is down, the others are
 * edited and the gateway is started with it. Only what has composed is stored, so that a broken answer is never what a
 * start is left with.
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
  /** The last one stored of this subgraph at this URL. */
  find(name: string, url: string): Promise<string | undefined>;
  /** @throws Error where the disk cannot be written; the memory holds it all the same */
  store(entry: StoredSdl): Promise<void>;
}

/** @param configFile the SDL lies beside it, under `.isthmus/schemas` */
export function createSdlStore(configFile: string): SdlStore {
  const folder = join(dirname(configFile), '.isthmus', 'schemas');
  const memory = new Map<string, string>();
  /** What is on the disk as far as this process has written it. */
  const stored = new Map<string, string>();
  // Another URL may be another service: its SDL is not this one's. The URL itself may hold a password.
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
