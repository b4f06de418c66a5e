/**
 * Writes rows of records and sums within a transaction, as fast as each database can: SQLite with statements that are prepared
 * once (6 µs for a row; through the query builder 40), PostgreSQL with one statement for a thousand rows, whose values are an array of each column.
 * Rows that are there already are left, and sums of the same writer are replaced: what is written twice is there once.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type RawBuilder, sql } from 'kysely';
import type { StoreTransaction } from '../tables.ts';
import { type Row, recordColumns, sumColumns } from './record-columns.ts';
import { usageColumns, usageInputColumns, usedOperationColumns } from './usage-columns.ts';

type WriteRows = (transaction: StoreTransaction, rows: readonly Row[]) => Promise<void>;

export interface InsertRecords {
  /** @returns how many bytes of records are new */
  records(transaction: StoreTransaction, rows: readonly Row[]): Promise<number>;
  readonly sums: WriteRows;
  readonly usage: WriteRows;
  readonly usageInputs: WriteRows;
  readonly usedOperations: WriteRows;
}

interface Table {
  readonly into: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly onConflict: string;
}

/** @param key what a row is found by, @param replaced what is written anew where it is there; none: it is left */
function table(
  name: string,
  columns: Readonly<Record<string, string>>,
  key: string,
  replaced: readonly string[] = [],
): Table {
  const update = replaced.map((column) => `${column} = excluded.${column}`).join(', ');
  const onConflict = `on conflict (${key}) do ${update === '' ? 'nothing' : `update set ${update}`}`;
  return { into: `insert into ${name} (${Object.keys(columns).join(', ')})`, columns, onConflict };
}

const recordsTable = table('isthmus_records', recordColumns, 'id');
const sumAmounts = ['count', 'errors', 'nano_usd', 'input_tokens', 'output_tokens', 'durations'];
const usageAmounts = ['count', 'errors', 'duration_us', 'max_us'];
const tables: Readonly<Record<Exclude<keyof InsertRecords, 'records'>, Table>> = {
  sums: table('isthmus_record_sums', sumColumns, 'hour, writer, number', sumAmounts),
  usage: table('isthmus_usage', usageColumns, 'hour, writer, key', usageAmounts),
  usageInputs: table('isthmus_usage_inputs', usageInputColumns, 'hour, writer, key, coordinate', ['count']),
  usedOperations: table('isthmus_used_operations', usedOperationColumns, 'id'),
};
const bytesAt = Object.keys(recordColumns).indexOf('bytes');
/** No statement takes long. */
const rowsPerStatement = 1_000;

export function sqliteInserts(database: DatabaseSync): InsertRecords {
  const prepare = ({ into, columns, onConflict }: Table) => {
    const places = Object.keys(columns).map(() => '?');
    return database.prepare(`${into} values (${places.join(', ')}) ${onConflict}`);
  };
  const record = prepare(recordsTable);
  const writer = (of: Table): WriteRows => {
    const statement = prepare(of);
    return async (_transaction, rows) => {
      for (const row of rows) statement.run(...row);
    };
  };
  return {
    async records(_transaction, rows) {
      let bytes = 0;
      for (const row of rows) if (record.run(...row).changes > 0) bytes += Number(row[bytesAt]);
      return bytes;
    },
    ...writers(writer),
  };
}

export function postgresInserts(): InsertRecords {
  const writer =
    ({ into, columns, onConflict }: Table): WriteRows =>
    async (transaction, rows) => {
      for (const some of statementsOf(rows, columns))
        await sql`${sql.raw(into)} select * from unnest(${some}) ${sql.raw(onConflict)}`.execute(transaction);
    };
  return {
    async records(transaction, rows) {
      const { into, columns, onConflict } = recordsTable;
      let bytes = 0;
      for (const some of statementsOf(rows, columns)) {
        const { rows: inserted } = await sql<{ bytes: number }>`${sql.raw(into)} select * from unnest(${some})
          ${sql.raw(onConflict)} returning bytes`.execute(transaction);
        for (const row of inserted) bytes += row.bytes;
      }
      return bytes;
    },
    ...writers(writer),
  };
}

function writers(writer: (of: Table) => WriteRows): Omit<InsertRecords, 'records'> {
  const { sums, usage, usageInputs, usedOperations } = tables;
  return {
    sums: writer(sums),
    usage: writer(usage),
    usageInputs: writer(usageInputs),
    usedOperations: writer(usedOperations),
  };
}

/** An array of each column, for so many rows as one statement takes. */
function* statementsOf(rows: readonly Row[], columns: Readonly<Record<string, string>>): Iterable<RawBuilder<unknown>> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const some = rows.slice(start, start + rowsPerStatement);
    const arrays = Object.values(columns).map((type, index) => {
      const cells = some.map((row) => row[index]);
      return sql`cast(${cells} as ${sql.raw(type.split(' ')[0] ?? '')}[])`;
    });
    yield sql.join(arrays);
  }
}
