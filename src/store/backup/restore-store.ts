/**
 * Makes the store of a configuration what a backup has. Everything is verified before anything is replaced: the checksums,
 * and that the store opens with the configured key.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ArchiveError, readArchive } from '../../archive/index.ts';
import type { StoreConfig } from '../../config/index.ts';
import { keyFileOf, keysOf, openStore } from '../index.ts';
import { openPostgres } from '../postgres-database.ts';
import { migrateRecords, recordsFileOf } from '../records/index.ts';
import { backupNames } from './backup-store.ts';
import { isRecords, readTables, tablesOf } from './postgres-tables.ts';

export interface RestoreOptions {
  readonly config: StoreConfig;
  /** For messages. */
  readonly configFile: string;
  readonly file: string;
  /** Whether a store that is there is replaced. */
  readonly force: boolean;
}

const timeoutMs = 600_000;

/** There is a store already. */
export class StoreExists extends Error {
  override readonly name = 'StoreExists';
}

/** Somebody has the store open, and would go on writing to what is replaced. */
export class StoreOpen extends Error {
  override readonly name = 'StoreOpen';
}

/** @throws ArchiveError, StoreExists, StoreOpen, or ConfigError where the backup does not open with the configured key */
export async function restoreStore(options: RestoreOptions): Promise<void> {
  const { config, file } = options;
  const parent = config.kind === 'sqlite' ? dirname(config.file) : tmpdir();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, '.isthmus-restore-'));
  try {
    const about = await readArchive(file, 'backup', folder);
    if (about.store !== config.kind)
      throw new ArchiveError(`it is a backup of ${String(about.store)}, and store.url names ${config.kind}`);
    if (config.kind === 'sqlite') await restoreSqlite(options, config, folder);
    else await restorePostgres(options, config.url, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function restoreSqlite(
  { configFile, force }: RestoreOptions,
  config: Extract<StoreConfig, { readonly kind: 'sqlite' }>,
  folder: string,
): Promise<void> {
  if (existsSync(config.file) && !force) throw new StoreExists(`there is a store at ${config.file}`);
  const database = join(folder, backupNames.database);
  const key = join(folder, backupNames.key);
  const records = join(folder, backupNames.records);
  const store = await openStore({ config: { ...config, file: database }, configFile, log: { warn: () => undefined } });
  await store.close();
  for (const old of [config.file, recordsFileOf(config.file)]) refuseOpen(old);
  // What belonged to the file before would be taken for this one's.
  for (const old of [config.file, recordsFileOf(config.file)])
    for (const ending of ['-wal', '-shm']) await rm(`${old}${ending}`, { force: true });
  if (existsSync(key)) await rename(key, keyFileOf(config.file));
  if (existsSync(records)) await rename(records, recordsFileOf(config.file));
  await rename(database, config.file);
}

/** Whoever has a database in WAL mode open keeps others from having it alone. @throws StoreOpen */
function refuseOpen(file: string): void {
  if (!existsSync(file)) return;
  try {
    using database = new DatabaseSync(file, { timeout: 0 });
    database.exec('pragma locking_mode = exclusive; begin exclusive; rollback');
  } catch (error) {
    const { errcode } = error as { readonly errcode?: number };
    if (errcode === sqliteBusy) throw new StoreOpen(`a process has ${file} open`);
    // It is damaged, and is to be replaced.
  }
}

const sqliteBusy = 5;

async function restorePostgres({ config, force }: RestoreOptions, url: string, folder: string): Promise<void> {
  const tablesFolder = join(folder, backupNames.tables);
  const tables = (await readdir(tablesFolder)).map((path) => basename(path)).toSorted();
  if (tables.some((table) => !/^isthmus_\w+$/.test(table))) throw new ArchiveError('it has a table of another name');
  const db = await openPostgres({ url, timeoutMs, onLost: () => undefined });
  try {
    if ((await tablesOf(db)).length > 0 && !force) throw new StoreExists('there is a store in this database');
    if (tables.some(isRecords)) await migrateRecords(db, 'postgres');
    await readTables(db, tablesFolder, tables, (state) => keysOf(config, state));
  } finally {
    await db.destroy();
  }
}
