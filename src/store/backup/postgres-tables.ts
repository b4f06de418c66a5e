/** The tables of Isthmus in PostgreSQL, written to files and read back: a line of JSON for each row. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { ArchiveError } from '../../archive/index.ts';
import { type MigratedStore, migrateIn, type StoreKeys } from '../index.ts';
import type { StoreDatabase, StoreTransaction } from '../tables.ts';

/** Operations that were recorded, and who used what: a backup has them where it is told to. */
export const isRecords = (table: string): boolean => /^isthmus_(?:record|usage|used)/.test(table);

const rowsAtOnce = 500;

/** Of the schema that the connection is in: none is listed by hand, so that new ones are not forgotten. */
export async function tablesOf(db: StoreDatabase | StoreTransaction): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly name: string }>`select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name like 'isthmus\\_%'
    order by table_name`.execute(db);
  return rows.map(({ name }) => name);
}

/**
 * Writes one moment of all tables, whatever is written meanwhile.
 * @returns the tables, each a file of its name in the folder
 */
export async function writeTables(
  db: StoreDatabase,
  folder: string,
  { records }: { readonly records: boolean },
): Promise<readonly string[]> {
  const transaction = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return transaction.execute(async (snapshot) => {
    const tables = (await tablesOf(snapshot)).filter((table) => records || !isRecords(table));
    for (const table of tables) {
      const file = await open(join(folder, table), 'wx', 0o600);
      try {
        const rows = sql`select to_jsonb(entry)::text as line from ${sql.table(table)} entry`;
        await sql`declare rows_of_table no scroll cursor for ${rows}`.execute(snapshot);
        for (;;) {
          const fetched = await sql<{ readonly line: string }>`fetch ${sql.lit(rowsAtOnce)} from rows_of_table`.execute(
            snapshot,
          );
          if (fetched.rows.length === 0) break;
          await file.writeFile(fetched.rows.map(({ line }) => `${line}\n`).join(''));
        }
        await sql`close rows_of_table`.execute(snapshot);
      } finally {
        await file.close();
      }
    }
    return tables;
  });
}

/** Makes the tables anew with the rows of the files, in one transaction: whole, or not at all. */
export async function readTables(
  db: StoreDatabase,
  folder: string,
  tables: readonly string[],
  keysOf: (state: 'new' | 'existing') => StoreKeys,
): Promise<MigratedStore> {
  return db.transaction().execute(async (transaction) => {
    for (const table of await tablesOf(transaction)) {
      // Records stay where the backup has none; their rows are replaced below where it has some.
      if (!isRecords(table)) await sql`drop table ${sql.table(table)} cascade`.execute(transaction);
    }
    const { rows } = await sql<{ readonly name: string }>`select proname as name from pg_proc
      where pronamespace = current_schema()::regnamespace and proname like 'isthmus\\_%'`.execute(transaction);
    for (const { name } of rows) await sql`drop function ${sql.table(name)} cascade`.execute(transaction);
    await migrateIn(transaction, 'postgres', keysOf);
    const version = await versionOf(transaction);
    for (const table of tables) await fillTable(transaction, table, join(folder, table));
    if ((await versionOf(transaction)) !== version)
      throw new ArchiveError('it is of another schema: restore it with the version of Isthmus that wrote it');
    // The key of the rows is looked at.
    return migrateIn(transaction, 'postgres', keysOf);
  });
}

async function versionOf(transaction: StoreTransaction): Promise<number | undefined> {
  return (await transaction.selectFrom('isthmus_store').select('version').executeTakeFirst())?.version;
}

async function fillTable(transaction: StoreTransaction, table: string, file: string): Promise<void> {
  const name = sql.table(table);
  const { rows } = await sql`select 1 from ${name} limit 1`.execute(transaction);
  if (rows.length > 0) await sql`delete from ${name}`.execute(transaction);
  let lines: string[] = [];
  const insert = async (): Promise<void> => {
    if (lines.length === 0) return;
    await sql`insert into ${name} overriding system value
      select * from jsonb_populate_recordset(null::${name}, ${`[${lines.join(',')}]`}::jsonb)`.execute(transaction);
    lines = [];
  };
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    lines.push(line);
    if (lines.length >= rowsAtOnce) await insert();
  }
  await insert();
  const counted = await sql<{ readonly name: string }>`select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} and is_identity = 'YES'`.execute(transaction);
  for (const { name: column } of counted.rows)
    await sql`select setval(pg_get_serial_sequence(${table}, ${column}),
      (select coalesce(max(${sql.ref(column)}), 0) + 1 from ${name}), false)`.execute(transaction);
}
