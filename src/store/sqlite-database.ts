/**
 * SQLite through `node:sqlite`, for kysely. Several threads and processes may have the file open: readers never wait for a
 * writer (WAL). A transaction waits for another one without holding up the thread: the other one may be of this thread.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { CompiledQuery, type Driver, Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { StoreDatabase, StoreTables } from './tables.ts';

export interface SqliteOptions {
  readonly file: string;
  /** How long a transaction waits for others. */
  readonly busyTimeoutMs: number;
}

export interface SqliteConnection {
  readonly db: StoreDatabase;
  /** The same connection, for statements that are prepared once: within a transaction of `db`. */
  readonly database: DatabaseSync;
}

export async function openSqlite(options: SqliteOptions): Promise<StoreDatabase> {
  return (await connectSqlite(options)).db;
}

export async function connectSqlite({ file, busyTimeoutMs }: SqliteOptions): Promise<SqliteConnection> {
  mkdirSync(dirname(file), { recursive: true });
  // Only its owner may read it; SQLite gives its further files the same permissions.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    await whileBusy(busyTimeoutMs, () => database.exec('pragma journal_mode = wal; pragma synchronous = full'));
  } catch (error) {
    database.close();
    throw error;
  }
  const db = new Kysely<StoreTables>({ dialect: new WaitingDialect(forKysely(database), busyTimeoutMs) });
  return { db, database };
}

/** Transactions take their lock at once: one that has begun is not refused later. */
class WaitingDialect extends SqliteDialect {
  readonly #busyTimeoutMs: number;

  constructor(database: SqliteDatabase, busyTimeoutMs: number) {
    super({ database });
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  override createDriver(): Driver {
    const beginTransaction: Driver['beginTransaction'] = async (connection) => {
      await whileBusy(this.#busyTimeoutMs, () => connection.executeQuery(CompiledQuery.raw('begin immediate')));
    };
    return Object.assign(super.createDriver(), { beginTransaction });
  }
}

/** SQLITE_BUSY */
const busy = 5;
const longestPauseMs = 20;

async function whileBusy(timeoutMs: number, run: () => unknown): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      await run();
      return;
    } catch (error) {
      const { errcode = 0 } = error as { readonly errcode?: number };
      if ((errcode & 0xff) !== busy || performance.now() > endsAt) throw error;
      await wait(1 + Math.random() * longestPauseMs);
    }
  }
}

function forKysely(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      statement.setReadBigInts(true);
      const rowsOf = (rows: Iterable<Record<string, unknown>>) => [...rows].map(withNumbers);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => rowsOf(statement.all(...(parameters as SQLInputValue[]))),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => rowsOf(statement.iterate(...(parameters as SQLInputValue[]))).values(),
      };
    },
  };
}

/** Integers are numbers where a number is exact. */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(row).map(([name, value]) => [name, exactInteger(value)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function exactInteger(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
