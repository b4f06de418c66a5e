/**
 * Where Node keeps what it has compiled: a folder of this user's own. Node's default lies in the folder for temporary
 * files that all users share, and whoever made it first decides what is run from it.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Without a folder that is safe, everything is compiled at each start: 1 s of CPU. */
export function enableOwnCompileCache(): void {
  // Set by the operator: theirs to choose.
  if (process.env.NODE_COMPILE_CACHE) {
    enableCompileCache();
    return;
  }
  const folder = compileCacheFolder();
  if (folder !== undefined) enableCompileCache(folder);
}

/** The first of the usual folders that is this user's alone, or can be made so. */
export function compileCacheFolder(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const user = process.getuid?.();
  const caches = environment.XDG_CACHE_HOME ?? '';
  const places = [
    ...(isAbsolute(caches) ? [join(caches, 'isthmus')] : []),
    join(environment.HOME || homedir(), '.cache', 'isthmus'),
    join(tmpdir(), `isthmus-${user ?? 'cache'}`),
  ];
  return places.find((folder) => isOwn(folder, user));
}

function isOwn(folder: string, user: number | undefined): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode, isDirectory } = statOf(folder);
    return isDirectory && (user === undefined || (uid === user && (mode & 0o022) === 0));
  } catch {
    return false; // a home that does not exist, or may not be written
  }
}

/** Of the folder itself: a link may lead where others write. */
function statOf(folder: string): { uid: number; mode: number; isDirectory: boolean } {
  const stat = lstatSync(folder);
  return { uid: stat.uid, mode: stat.mode, isDirectory: stat.isDirectory() };
}
