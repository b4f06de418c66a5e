import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How many files of a folder are included. Changes to further files are only noticed if they change the folder itself. */
const maxEntries = 1_000;

/**
 * A text made of the metadata of a file or folder, links followed: a different text means a change. For a folder it
 * covers the files directly in it. For a path that cannot be read it is the error code.
 */
export async function fileFingerprint(path: string): Promise<string> {
  try {
    const stats = await stat(path);
    const metadata = [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ');
    if (!stats.isDirectory()) return metadata;
    const names = (await readdir(path)).sort().slice(0, maxEntries);
    const files = await Promise.all(names.map(async (name) => `${name} ${await entryFingerprint(join(path, name))}`));
    return [metadata, ...files].join('\n');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}

async function entryFingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
