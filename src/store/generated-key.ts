/** The store's key where `store.key` is not configured: generated once, in a file beside the SQLite database. */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

export const keyFileOf = (databaseFile: string): string => `${databaseFile.replace(/\.[^./\\]+$/, '')}.key`;

/** @returns undefined where there is no such file */
export function readGeneratedKey(databaseFile: string): string | undefined {
  try {
    return readFileSync(keyFileOf(databaseFile), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two processes that generate one at the same time have the same one afterwards. The file appears whole. */
export function generateKey(databaseFile: string): string {
  const file = keyFileOf(databaseFile);
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(temporary, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}
