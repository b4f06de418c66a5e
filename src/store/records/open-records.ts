/**
 * Opens the records of a store. PostgreSQL has them in the store's database. In SQLite they are in a file of their own beside
 * it, `state.records.db`: SQLite has one writer at a time, so that a gateway which records thousands of operations a
 * second would hold up API keys and the ledger; what records lose when the machine stops (the last seconds) the ledger must
 * not; and the file can be deleted, copied or put on another disk by itself.
 */
import { sql } from 'kysely';
import type { StoreConfig } from '../../config/index.ts';
import type { Store } from '../index.ts';
import { openPostgres } from '../postgres-database.ts';
import { connectSqlite } from '../sqlite-database.ts';
import { postgresInserts, sqliteInserts } from './insert-records.ts';
import { migrateRecords } from './migrate-records.ts';
import { type RecordKeys, RecordNames } from './record-names.ts';
import { RecordStore } from './record-store.ts';

/** Where the records of a store are, and their keys: it can be sent to a thread. */
export type RecordsLocation = { readonly keys: RecordKeys } & (
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }
);

export function locateRecords(config: StoreConfig, store: Pick<Store, 'deriveKey'>): RecordsLocation {
  const keys = { encryption: store.deriveKey('records'), hashing: store.deriveKey('names of records') };
  return config.kind === 'postgres'
    ? { kind: 'postgres', url: config.url, keys }
    : { kind: 'sqlite', file: recordsFileOf(config.file), keys };
}

export const recordsFileOf = (databaseFile: string): string => `${databaseFile.replace(/\.[^./\\]+$/, '')}.records.db`;

/** @throws Error where they cannot be opened */
export async function openRecords(location: RecordsLocation, timeoutMs: number): Promise<RecordStore> {
  const names = new RecordNames(location.keys);
  if (location.kind === 'postgres') {
    const db = await openPostgres({ url: location.url, timeoutMs, onLost: () => undefined });
    try {
      await migrateRecords(db, 'postgres');
    } catch (error) {
      await db.destroy().catch(() => undefined);
      throw error;
    }
    return new RecordStore({ db, kind: 'postgres', names, inserts: postgresInserts() });
  }
  const { db, database } = await connectSqlite({ file: location.file, busyTimeoutMs: timeoutMs });
  try {
    // The end of the process loses nothing; that of the machine loses the last seconds, which waiting for the disk would not.
    for (const pragma of ['synchronous = normal', 'journal_size_limit = 64000000', 'cache_size = -8000'])
      await sql.raw(`pragma ${pragma}`).execute(db);
    await migrateRecords(db, 'sqlite');
    return new RecordStore({ db, kind: 'sqlite', names, inserts: sqliteInserts(database) });
  } catch (error) {
    await db.destroy().catch(() => undefined);
    throw error;
  }
}
