/** Writes the store of a configuration to one file, as it is at one moment, while gateways write to it. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ArchivedFile, writeArchive } from '../../archive/index.ts';
import type { StoreConfig } from '../../config/index.ts';
import { keyFileOf } from '../index.ts';
import { openPostgres } from '../postgres-database.ts';
import { recordsFileOf } from '../records/index.ts';
import { writeTables } from './postgres-tables.ts';

/** The names of files in a backup. */
export const backupNames = { database: 'state.db', key: 'state.key', records: 'records.db', tables: 'tables' } as const;

export interface Backup {
  readonly store: StoreConfig['kind'];
  readonly files: readonly string[];
}

export interface BackupOptions {
  readonly config: StoreConfig;
  readonly file: string;
  /** Whether recorded operations are in it. */
  readonly records: boolean;
  readonly at: Date;
}

const timeoutMs = 600_000;

/** @throws Error where there is no store yet, or it cannot be read or the file not be written */
export async function backupStore({ config, file, records, at }: BackupOptions): Promise<Backup> {
  await mkdir(dirname(file), { recursive: true });
  const folder = await mkdtemp(join(dirname(file), '.isthmus-backup-'));
  try {
    const files =
      config.kind === 'sqlite'
        ? await copySqlite(config.file, folder, records)
        : await copyPostgres(config.url, folder, records);
    const about = { store: config.kind, at: at.toISOString(), records };
    await writeArchive(file, 'backup', about, files);
    return { store: config.kind, files: files.map(({ path }) => path) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copySqlite(database: string, folder: string, records: boolean): Promise<readonly ArchivedFile[]> {
  if (!existsSync(database)) throw new Error(`there is no store at ${database}`);
  const files: ArchivedFile[] = [];
  const copy = (source: string, path: string): void => {
    const target = join(folder, path);
    // A reader's snapshot: writers go on meanwhile.
    using opened = new DatabaseSync(source, { timeout: 10_000 });
    opened.prepare('vacuum into ?').run(target);
    files.push({ path, source: target });
  };
  copy(database, backupNames.database);
  const key = keyFileOf(database);
  if (existsSync(key)) {
    await copyFile(key, join(folder, backupNames.key));
    files.push({ path: backupNames.key, source: join(folder, backupNames.key) });
  }
  if (records && existsSync(recordsFileOf(database))) copy(recordsFileOf(database), backupNames.records);
  return files;
}

async function copyPostgres(url: string, folder: string, records: boolean): Promise<readonly ArchivedFile[]> {
  const db = await openPostgres({ url, timeoutMs, onLost: () => undefined });
  try {
    const tables = await writeTables(db, folder, { records });
    if (tables.length === 0) throw new Error('there is no store in this database');
    return tables.map((table) => ({ path: `${backupNames.tables}/${table}`, source: join(folder, table) }));
  } finally {
    await db.destroy();
  }
}
