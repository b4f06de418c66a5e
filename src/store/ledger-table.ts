/**
 * The ledger: a row for each request to a provider and each answer from a cache, only ever added, and the sums of each hour,
 * which are written in the same transaction. Long spans are summed from the hours, and their ends from the rows: to the
 * nano-dollar what the rows alone come to. Rows of long ago may be deleted: their hours stay, and sums of them are of whole hours.
 */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { hourMs } from '../lib/index.ts';
import type { LedgerDimension, LedgerRow } from '../observability/index.ts';
import { namesOf, toColumns, toHours, toRow } from './ledger-columns.ts';
import type { LedgerNames } from './ledger-names.ts';
import { type LedgerSums, namedDimensions } from './ledger-sums.ts';
import type { LedgerColumns, StoreDatabase, StoreTransaction } from './tables.ts';

/** A span of time, in milliseconds since 1970: from `from` to before `to`. */
export interface LedgerSpan {
  readonly from: number;
  readonly to: number;
  /** Only rows with these values. */
  readonly where?: Readonly<Partial<Record<LedgerDimension, string>>>;
}

/** Where a row stands among the others. */
export interface LedgerPosition {
  readonly at: number;
  readonly id: string;
}

export interface LedgerSumsRequest extends LedgerSpan {
  readonly by: readonly LedgerDimension[];
  /** Sums of steps of so many milliseconds each; undefined: of the whole span. */
  readonly everyMs?: number | undefined;
}

export interface LedgerGroup extends LedgerSums {
  /** By dimension; undefined: rows that have none. */
  readonly of: ReadonlyMap<LedgerDimension, string | undefined>;
  /** When the step begins; the span's `from` without steps. */
  readonly at: number;
}

/** What an insert writes at once: databases bound the values of a statement. */
const rowsPerInsert = 200;
const rowsPerPage = 1_000;

const amounts = ['reserved', 'settled', 'input_tokens', 'output_tokens', 'tokens', 'calls'] as const;
const hourSums = ['entries', 'cached_entries', ...amounts] as const;

export class LedgerTable {
  readonly #db: StoreDatabase;
  readonly #names: LedgerNames;

  constructor(db: StoreDatabase, names: LedgerNames) {
    this.#db = db;
    this.#names = names;
  }

  /** Adds what is not there yet, in one transaction. */
  async add(rows: readonly LedgerRow[]): Promise<void> {
    if (rows.length === 0) return;
    const names = new Map<string, string>();
    const columns = rows.map((row) => toColumns(row, this.#names, names));
    await this.#db.transaction().execute(async (transaction) => {
      await this.#names.store(transaction, names);
      const newRows = await insertNew(transaction, columns);
      await addToHours(transaction, newRows);
    });
    this.#names.remember(names);
  }

  /**
   * The rows of a span, in the order of time.
   * @param after the row that they begin behind. @default they begin with the span
   */
  async *rows({ from, to, where = {} }: LedgerSpan, after?: LedgerPosition): AsyncGenerator<LedgerRow> {
    let last = after ?? { at: from, id: '' };
    for (;;) {
      const { at, id } = last;
      let query = this.#db
        .selectFrom('isthmus_ledger')
        .selectAll()
        .where('at', '<', to)
        .where(({ or, and, eb }) => or([eb('at', '>', at), and([eb('at', '=', at), eb('id', '>', id)])]));
      for (const [column, value] of this.#conditions(where)) query = query.where(sql.ref(column), '=', value);
      const page = await query.orderBy('at').orderBy('id').limit(rowsPerPage).execute();
      const names = await this.#names.read(this.#db, new Set(page.flatMap(namesOf)));
      for (const row of page) yield toRow(row, names);
      const end = page.at(-1);
      if (end === undefined || page.length < rowsPerPage) return;
      last = { at: end.at, id: end.id };
    }
  }

  /**
   * Deletes the rows of before a moment, and lets other work go on between its steps.
   * @returns how many
   */
  async prune(before: number): Promise<number> {
    const start = Math.floor(before / hourMs) * hourMs;
    await this.#db.updateTable('isthmus_ledger_start').set({ at: start }).where('at', '<', start).execute();
    let pruned = 0;
    for (;;) {
      const old = this.#db.selectFrom('isthmus_ledger').select('id').where('at', '<', start).limit(rowsPerPage);
      const { numDeletedRows } = await this.#db.deleteFrom('isthmus_ledger').where('id', 'in', old).executeTakeFirst();
      if (Number(numDeletedRows) === 0) return pruned;
      pruned += Number(numDeletedRows);
      await setImmediate();
    }
  }

  /**
   * Deletes the oldest rows, whole hours of them, so that no more are left than that.
   * @returns how many
   */
  async pruneTo(maxRows: number): Promise<number> {
    const newest = await this.#db
      .selectFrom('isthmus_ledger')
      .select('at')
      .orderBy('at', 'desc')
      .limit(1)
      .offset(maxRows)
      .executeTakeFirst();
    return newest === undefined ? 0 : this.prune((Math.floor(Number(newest.at) / hourMs) + 1) * hourMs);
  }

  /** In the order of time; the groups of a step in none. */
  async sums({ from, to, by, where = {}, everyMs }: LedgerSumsRequest): Promise<readonly LedgerGroup[]> {
    const { at: start } = await this.#db.selectFrom('isthmus_ledger_start').select('at').executeTakeFirstOrThrow();
    const isPruned = from < Number(start);
    const prunedTo = isPruned ? Math.min(Number(start), Math.ceil(to / hourMs) * hourMs) : from;
    const hoursFrom = Math.ceil(prunedTo / hourMs) * hourMs;
    const hoursTo = Math.floor(to / hourMs) * hourMs;
    const useHours = hoursFrom < hoursTo && (everyMs === undefined || everyMs % hourMs === 0);
    const parts = useHours
      ? [
          this.#sumsOf('isthmus_ledger', prunedTo, hoursFrom, by, where, everyMs),
          this.#sumsOf('isthmus_ledger_hours', hoursFrom, hoursTo, by, where, everyMs),
          this.#sumsOf('isthmus_ledger', hoursTo, to, by, where, everyMs),
        ]
      : [this.#sumsOf('isthmus_ledger', prunedTo, to, by, where, everyMs)];
    if (isPruned) {
      const firstHour = Math.floor(from / hourMs) * hourMs;
      parts.push(this.#sumsOf('isthmus_ledger_hours', firstHour, prunedTo, by, where, everyMs));
    }
    const groups = new Map<string, { readonly at: number; readonly values: readonly unknown[]; sums: bigint[] }>();
    for (const rows of await Promise.all(parts)) {
      for (const row of rows) {
        const values = by.map((dimension) => row[dimension] ?? null);
        const at = everyMs === undefined ? from : Number(row.step) * everyMs;
        const key = JSON.stringify([at, values]);
        const group = groups.get(key);
        const sums = hourSums.map((sum, index) => (group?.sums[index] ?? 0n) + exact(row[sum]));
        if (group === undefined) groups.set(key, { at, values, sums });
        else group.sums = sums;
      }
    }
    const sorted = [...groups.values()].sort((a, b) => a.at - b.at);
    const isName = by.map((dimension) => namedDimensions.has(dimension));
    const ids = sorted.flatMap(({ values }) => values.filter((value, index) => isName[index] && value !== null));
    const names = await this.#names.read(this.#db, new Set(ids as string[]));
    return sorted.map(({ at, values, sums }) => {
      const of = by.map((dimension, index) => {
        const value = values[index] as string | null;
        return [dimension, value === null ? undefined : isName[index] ? names.get(value) : value] as const;
      });
      const [rows = 0n, cached = 0n, reserved = 0n, settled = 0n, inputTokens = 0n, outputTokens = 0n] = sums;
      const [tokens = 0n, calls = 0n] = sums.slice(6);
      return { at, of: new Map(of), rows, cached, reserved, settled, inputTokens, outputTokens, tokens, calls };
    });
  }

  async #sumsOf(
    table: 'isthmus_ledger' | 'isthmus_ledger_hours',
    from: number,
    to: number,
    by: readonly LedgerDimension[],
    where: NonNullable<LedgerSpan['where']>,
    everyMs: number | undefined,
  ): Promise<readonly Record<string, unknown>[]> {
    if (from >= to) return [];
    const time = sql.ref(table === 'isthmus_ledger' ? 'at' : 'hour');
    const counted =
      table === 'isthmus_ledger'
        ? [sql`count(*) as entries`, sql`count(cached) as cached_entries`]
        : [sql`sum(entries) as entries`, sql`sum(cached_entries) as cached_entries`];
    const step = everyMs === undefined ? [] : [sql`${time} / cast(${everyMs} as bigint) as step`];
    const dimensions = by.map((dimension) => sql.ref(dimension));
    const groups = [...dimensions, ...(everyMs === undefined ? [] : [sql`step`])];
    const conditions = this.#conditions(where).map(([column, value]) => sql`and ${sql.ref(column)} = ${value}`);
    const sums = amounts.map((amount) => sql`sum(${sql.ref(amount)}) as ${sql.ref(amount)}`);
    const grouping = groups.length === 0 ? sql`having count(*) > 0` : sql`group by ${sql.join(groups)}`;
    const { rows } = await sql<Record<string, unknown>>`
      select ${sql.join([...dimensions, ...step, ...counted, ...sums])} from ${sql.table(table)}
      where ${time} >= ${from} and ${time} < ${to} ${sql.join(conditions, sql` `)} ${grouping}`.execute(this.#db);
    return rows;
  }

  #conditions(where: NonNullable<LedgerSpan['where']>): readonly (readonly [LedgerDimension, string])[] {
    const entries = Object.entries(where) as [LedgerDimension, string | undefined][];
    return entries.flatMap(([dimension, value]) => {
      if (value === undefined) return [];
      return [[dimension, namedDimensions.has(dimension) ? this.#names.hashOf(dimension, value) : value] as const];
    });
  }
}

/** @returns those that were not there */
async function insertNew(
  transaction: StoreTransaction,
  rows: readonly LedgerColumns[],
): Promise<readonly LedgerColumns[]> {
  const newIds = new Set<string>();
  for (let start = 0; start < rows.length; start += rowsPerInsert) {
    const inserted = await transaction
      .insertInto('isthmus_ledger')
      .values(rows.slice(start, start + rowsPerInsert))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    for (const { id } of inserted) newIds.add(id);
  }
  return rows.filter(({ id }) => newIds.delete(id));
}

async function addToHours(transaction: StoreTransaction, rows: readonly LedgerColumns[]): Promise<void> {
  for (const hour of toHours(rows)) {
    await transaction
      .insertInto('isthmus_ledger_hours')
      .values(hour)
      .onConflict((conflict) =>
        conflict
          .columns(['hour', 'dimensions'])
          .doUpdateSet((columns) =>
            Object.fromEntries(
              hourSums.map((sum) => [sum, columns(`isthmus_ledger_hours.${sum}`, '+', columns.ref(`excluded.${sum}`))]),
            ),
          ),
      )
      .execute();
  }
}

/** Sums are numbers, bigints or decimal strings, as the database's driver has them. */
function exact(value: unknown): bigint {
  return value === null || value === undefined ? 0n : BigInt(value as number | bigint | string);
}
