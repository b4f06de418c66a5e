import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../frame/cli-failure.ts';

export interface NewFiles {
  readonly written: readonly string[];
  /** Optional ones that were there. */
  readonly skipped: readonly string[];
}

/**
 * Writes files that are not there yet: all, or none where one is there that is not optional.
 * @param optional paths that may be there, and stay as they are
 * @throws CliFailure REFUSED with `files`
 */
export async function writeNewFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
  optional: ReadonlySet<string>,
): Promise<NewFiles> {
  const paths = [...files.keys()];
  const present = await Promise.all(paths.map((path) => isThere(join(folder, path))));
  const existing = paths.filter((_, index) => present[index]);
  const conflicts = existing.filter((path) => !optional.has(path)).map((path) => join(folder, path));
  if (conflicts.length > 0)
    fail(
      'REFUSED',
      `nothing is written: there ${conflicts.length === 1 ? 'is' : 'are'} ${conflicts.join(', ')} already`,
      {
        files: conflicts,
      },
    );
  const fresh = paths.filter((path) => !existing.includes(path));
  for (const path of fresh) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, files.get(path) ?? '', { flag: 'wx' });
  }
  return { written: fresh, skipped: existing };
}

/** A link that leads nowhere is there, too. */
async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
