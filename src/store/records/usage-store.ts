/**
 * What operations use: sums of hours, each written by one writer alone, and after some days sums of days, so that months take
 * little. Operations are there once, with what their documents name, as long as there are sums of them.
 */
import { sql } from 'kysely';
import { hourMs, stepMs } from '../../lib/index.ts';
import { otherName } from '../../observability/records/index.ts';
import { addTo, type Usage, type UsageGroup, type UsageRequest, type UsedOperation } from '../../usage/index.ts';
import type { StoreDatabase, StoreKind, StoreTransaction } from '../tables.ts';
import type { InsertRecords } from './insert-records.ts';
import type { RowOf } from './record-columns.ts';
import type { RecordNames } from './record-names.ts';
import {
  originOf,
  toUsageRows,
  type usageColumns,
  type usedOperationColumns,
  type WrittenUsage,
} from './usage-columns.ts';

type SummedRow = RowOf<Pick<typeof usageColumns, 'key' | 'operation' | 'count' | 'errors' | 'names'>> & {
  readonly duration_us: number;
  readonly max_us: number;
  readonly last_hour: number;
};

export interface UsageStoreOptions {
  readonly db: StoreDatabase;
  readonly kind: StoreKind;
  readonly names: RecordNames;
  readonly inserts: InsertRecords;
}

/** Hours are told apart for so long. */
const hoursMs = 8 * stepMs.day;
/** What is read at once: beyond it, the least frequent clients of an operation are one. */
const maxGroups = 20_000;
/** Any number that other applications in the same database do not lock. */
const advisoryLock = 0x15_7b_07;

export class UsageStore {
  readonly #options: UsageStoreOptions;
  /** Nothing is to be deleted or added up before. */
  #nextPruneAt = 0;

  constructor(options: UsageStoreOptions) {
    this.#options = options;
  }

  /** Replaces what the writer had written of the same. */
  async add(transaction: StoreTransaction, sums: readonly WrittenUsage[]): Promise<void> {
    if (sums.length === 0) return;
    const { inserts, names } = this.#options;
    const { usage, inputs, operations } = toUsageRows(sums, names);
    await inserts.usedOperations(transaction, operations);
    await inserts.usage(transaction, usage);
    await inserts.usageInputs(transaction, inputs);
  }

  async read({ from, to }: UsageRequest): Promise<Usage> {
    const { db, names } = this.#options;
    const hour = Math.floor(from / hourMs) * hourMs;
    const day = Math.floor(from / stepMs.day) * stepMs.day;
    const inSpan = sql`(hour >= ${hour} or (writer = '' and hour >= ${day})) and hour < ${to}`;
    const { rows } = await sql<SummedRow>`
      with summed as (select key, min(operation) as operation, sum(count) as count, sum(errors) as errors,
          sum(duration_us) as duration_us, max(max_us) as max_us, max(hour) as last_hour, min(names) as names,
          row_number() over (order by sum(count) desc, key) as place
        from isthmus_usage where ${inSpan} group by key),
      listed as (select case when place <= ${maxGroups} then key else '' end as listed_key, summed.* from summed)
      select listed_key as key, operation, sum(count) as count, sum(errors) as errors, sum(duration_us) as duration_us,
        max(max_us) as max_us, max(last_hour) as last_hour, min(names) as names
      from listed group by listed_key, operation order by sum(count) desc, listed_key`.execute(db);
    const operations = await this.#operations();
    const groups: (UsageGroup & { readonly inputs: Map<string, number> })[] = [];
    const byKey = new Map<string, Map<string, number>>();
    for (const row of rows) {
      const key = String(row.key);
      const inputs = byKey.get(key) ?? new Map<string, number>();
      byKey.set(key, inputs);
      groups.push({
        operation: operations.get(String(row.operation)),
        ...(key === ''
          ? { client: otherName, clientVersion: undefined, graph: undefined }
          : originOf(String(row.names), names)),
        count: Number(row.count),
        errors: Number(row.errors),
        durationMs: Number(row.duration_us) / 1_000,
        maxMs: Number(row.max_us) / 1_000,
        lastAt: Number(row.last_hour),
        inputs,
      });
    }
    const inputs = await sql<{ key: string; coordinate: string; count: number }>`select key, coordinate,
      sum(count) as count from isthmus_usage_inputs where ${inSpan} group by key, coordinate`.execute(db);
    for (const { key, coordinate, count } of inputs.rows)
      addTo(byKey.get(key) ?? byKey.get('') ?? new Map(), coordinate, Number(count));
    return groups;
  }

  /** Deletes what is too old, and adds up a day whose hours need not be told apart any more; again within the hour where there may be more. */
  async prune(keepMs: number, now: number): Promise<void> {
    if (now < this.#nextPruneAt) return;
    const { db, kind } = this.#options;
    const hasMore = await db.transaction().execute(async (transaction) => {
      if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(transaction);
      const { numAffectedRows = 0n } = await sql`delete from isthmus_usage where hour < ${now - keepMs}`.execute(
        transaction,
      );
      if (numAffectedRows > 0n) {
        await sql`delete from isthmus_usage_inputs where hour < ${now - keepMs}`.execute(transaction);
        await sql`delete from isthmus_used_operations where id not in
          (select operation from isthmus_usage where operation is not null)`.execute(transaction);
      }
      return sumDay(transaction, Math.floor((now - hoursMs) / stepMs.day) * stepMs.day);
    });
    this.#nextPruneAt = hasMore ? now : now + hourMs;
  }

  async #operations(): Promise<ReadonlyMap<string, UsedOperation>> {
    const { rows } = await sql<
      RowOf<typeof usedOperationColumns>
    >`select * from isthmus_used_operations where id in (select operation from isthmus_usage)`.execute(
      this.#options.db,
    );
    return new Map(rows.map((row) => [String(row.id), toOperation(row)]));
  }
}

/** The oldest day that ends before then and has hours. @returns whether there was one */
async function sumDay(transaction: StoreTransaction, before: number): Promise<boolean> {
  const { rows } = await sql<{ hour: number | null }>`select min(hour) as hour from isthmus_usage
    where writer <> '' and hour < ${before}`.execute(transaction);
  const hour = rows[0]?.hour;
  if (hour === null || hour === undefined) return false;
  const day = Math.floor(Number(hour) / stepMs.day) * stepMs.day;
  const ofDay = sql`writer <> '' and hour >= ${day} and hour < ${day + stepMs.day}`;
  // A writer may have held hours of a day that has been added up already: they are added to it.
  await sql`insert into isthmus_usage (hour, writer, key, operation, count, errors, duration_us, max_us, names)
    select cast(${day} as bigint), '', key, min(operation), sum(count), sum(errors), sum(duration_us), max(max_us), min(names)
    from isthmus_usage where ${ofDay} group by key
    on conflict (hour, writer, key) do update set count = isthmus_usage.count + excluded.count,
      errors = isthmus_usage.errors + excluded.errors, duration_us = isthmus_usage.duration_us + excluded.duration_us,
      max_us = case when excluded.max_us > isthmus_usage.max_us then excluded.max_us else isthmus_usage.max_us end`.execute(
    transaction,
  );
  await sql`insert into isthmus_usage_inputs (hour, writer, key, coordinate, count)
    select cast(${day} as bigint), '', key, coordinate, sum(count) from isthmus_usage_inputs where ${ofDay} group by key, coordinate
    on conflict (hour, writer, key, coordinate) do update
      set count = isthmus_usage_inputs.count + excluded.count`.execute(transaction);
  await sql`delete from isthmus_usage where ${ofDay}`.execute(transaction);
  await sql`delete from isthmus_usage_inputs where ${ofDay}`.execute(transaction);
  return true;
}

function toOperation(row: RowOf<typeof usedOperationColumns>): UsedOperation {
  const coordinates = String(row.coordinates);
  return {
    id: String(row.id),
    signature: String(row.signature),
    kind: String(row.kind) as UsedOperation['kind'],
    name: row.name === null ? undefined : String(row.name),
    document: row.document === null ? undefined : String(row.document),
    coordinates: coordinates === '' ? [] : coordinates.split(' '),
  };
}
