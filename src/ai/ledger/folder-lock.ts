/**
 * Says whether the process that owns a folder still runs: it holds a lock of the operating system, which ends with it,
 * however it ends. SQLite has the lock, because Node has none of its own. The folder has to be on a disk of this machine.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface FolderLock {
  /** For good: the file is removed. */
  release(): void;
  /** Another process may take it. */
  leave(): void;
}

/** SQLITE_BUSY */
const busy = 5;

/** @param file of which nobody else knows the name yet @returns undefined: another process has found it meanwhile */
export function createLock(file: string): FolderLock | undefined {
  closeSync(openSync(file, 'wx', 0o600));
  return tryLock(file);
}

/** @returns undefined: its owner runs */
export function tryLock(file: string): FolderLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    const { errcode = 0 } = error as { readonly errcode?: number };
    if ((errcode & 0xff) === busy) return undefined;
    throw error;
  }
  return {
    leave: () => database.close(),
    release() {
      database.close();
      rmSync(file, { force: true });
    },
  };
}
