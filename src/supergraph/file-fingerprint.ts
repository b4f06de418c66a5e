import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder's first files count one by one; of a longer one, the others by what changes the folder itself. */
const maxEntries = 1_000;

/**
 * What a file or a folder looks like from outside, links followed: another text means that something has changed. Of a
 * folder it covers the files directly in it. What cannot be read looks like the reason.
 */
export async function fileFingerprint(path: string): Promise<string> {
  try {
    const stats = await stat(path);
    const own = [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ');
    if (!stats.isDirectory()) return own;
    const names = (await readdir(path)).sort().slice(0, maxEntries);
    const files = await Promise.all(names.map(async (name) => `${name} ${await entryFingerprint(join(path, name))}`));
    return [own, ...files].join('\n');
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
