/**
 * The tables of records, and how older ones are brought up to date, once, by whoever comes first. They have a version of their
 * own: in SQLite they are in a file of their own.
 */
import { sql } from 'kysely';
import type { StoreDatabase, StoreKind } from '../tables.ts';
import { recordColumns, sumColumns } from './record-columns.ts';
import { usageColumns, usageInputColumns, usedOperationColumns } from './usage-columns.ts';

const columnsOf = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ');

/** Each takes the tables from the version of its index to the next one. One that has been released is never changed. */
const migrations: readonly (readonly string[])[] = [
  [
    `create table isthmus_records (${columnsOf(recordColumns)})`,
    `create table isthmus_record_sums (${columnsOf(sumColumns)}, primary key (hour, writer, number))`,
    'create table isthmus_record_size (id integer primary key, bytes bigint not null)',
    'insert into isthmus_record_size (id, bytes) values (1, 0)',
  ],
  [
    `create table isthmus_usage (${columnsOf(usageColumns)}, primary key (hour, writer, key))`,
    `create table isthmus_usage_inputs (${columnsOf(usageInputColumns)}, primary key (hour, writer, key, coordinate))`,
    `create table isthmus_used_operations (${columnsOf(usedOperationColumns)})`,
  ],
];

/** Any number that other applications in the same database do not lock. */
const advisoryLock = 0x15_7b_06;

/** @throws Error where they were written by a newer version of Isthmus */
export async function migrateRecords(db: StoreDatabase, kind: StoreKind): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(transaction);
    await sql`create table if not exists isthmus_records_version (id integer primary key, version integer not null)`.execute(
      transaction,
    );
    const { rows } = await sql<{ version: number }>`select version from isthmus_records_version`.execute(transaction);
    const version = rows[0]?.version ?? 0;
    if (version > migrations.length) throw new Error('the records were written by a newer version of Isthmus');
    if (version === migrations.length) return;
    for (const statement of migrations.slice(version).flat()) await sql.raw(statement).execute(transaction);
    await sql`delete from isthmus_records_version`.execute(transaction);
    await sql`insert into isthmus_records_version (id, version) values (1, ${migrations.length})`.execute(transaction);
  });
}
