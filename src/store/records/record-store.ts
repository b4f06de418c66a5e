/**
 * Records of operations, and the sums of each hour: written in batches, each one transaction; searched from the newest on;
 * bounded by age and by size. Rows are found by time, and then looked through: an index for each thing to search by would
 * make a row ten times as dear to write.
 */
import { setImmediate } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import { formatBuckets, idFrom, type OperationRecord } from '../../observability/records/index.ts';
import type { Usage, UsageRequest } from '../../usage/index.ts';
import type { StoreDatabase, StoreTransaction } from '../tables.ts';
import type { InsertRecords } from './insert-records.ts';
import { type RecordGroup, type RecordSumsRequest, readSums } from './read-sums.ts';
import {
  inList,
  type RowOf,
  type recordColumns,
  toRecord,
  toRecordRow,
  toSumRow,
  type WrittenSum,
} from './record-columns.ts';
import type { RecordNames } from './record-names.ts';
import type { WrittenUsage } from './usage-columns.ts';
import { UsageStore, type UsageStoreOptions } from './usage-store.ts';

export interface RecordBatch {
  readonly records: readonly OperationRecord[];
  readonly sums: readonly WrittenSum[];
  /** @default none */
  readonly usage?: readonly WrittenUsage[];
}

/** What records must be. Times are milliseconds since 1970: from `from` to before `to`. */
export interface RecordFilter {
  readonly from: number;
  readonly to: number;
  readonly operation?: string | undefined;
  readonly code?: string | undefined;
  readonly client?: string | undefined;
  readonly tenant?: string | undefined;
  readonly principal?: string | undefined;
  /** A reference, or an alias. */
  readonly model?: string | undefined;
  readonly field?: string | undefined;
  readonly traceId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly door?: string | undefined;
  /** Those that took as long at least. */
  readonly minMs?: number | undefined;
  /** Those with errors alone. */
  readonly failed?: boolean | undefined;
}

export interface RecordPageRequest {
  readonly filter: RecordFilter;
  /** Of the page before: what is older than its last one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface RecordPage {
  /** The newest first. */
  readonly records: readonly OperationRecord[];
  readonly hasMore: boolean;
}

export interface RecordBounds {
  readonly keepMs: number;
  readonly maxBytes: number;
  readonly aggregatesMs: number;
  /** Undefined: it is not counted. */
  readonly usageMs?: number | undefined;
}

interface Pruned {
  /** How many. */
  readonly records: number;
  /** Whether there is more to delete: call it again. */
  readonly hasMore: boolean;
}

interface Deleted {
  readonly count: number;
  readonly bytes: number;
  /** The id of the newest; empty where there was none. */
  readonly last: string;
}

const rowsPerStep = 1_000;
const stepsAtOnce = 20;
/** Where records take more than they may, a part more is deleted, so that not every batch has to. */
const prunedTo = 0.97;

export class RecordStore {
  readonly #db: StoreDatabase;
  readonly #names: RecordNames;
  readonly #inserts: InsertRecords;
  readonly #usage: UsageStore;

  constructor(options: UsageStoreOptions) {
    this.#db = options.db;
    this.#names = options.names;
    this.#inserts = options.inserts;
    this.#usage = new UsageStore(options);
  }

  /** Adds what is not there yet, in one transaction. */
  async add({ records, sums, usage = [] }: RecordBatch): Promise<void> {
    const rows = records.map((record) => toRecordRow(record, this.#names));
    const sumRows = sums.map((sum) => toSumRow(sum, this.#names, formatBuckets(sum.durations)));
    await this.#db.transaction().execute(async (transaction) => {
      const bytes = await this.#inserts.records(transaction, rows);
      await this.#inserts.sums(transaction, sumRows);
      await this.#usage.add(transaction, usage);
      await resize(transaction, bytes);
    });
  }

  async search({ filter, after, limit }: RecordPageRequest): Promise<RecordPage> {
    const conditions = this.#conditions(filter);
    if (after !== undefined) conditions.push(sql`id < ${after}`);
    const { rows } = await sql<RowOf<typeof recordColumns>>`
      select * from isthmus_records where ${sql.join(conditions, sql` and `)}
      order by id desc limit ${limit + 1}`.execute(this.#db);
    return { records: rows.slice(0, limit).map((row) => toRecord(row, this.#names)), hasMore: rows.length > limit };
  }

  /** The sums of whole hours: those that the span touches. In the order of time. */
  sums(request: RecordSumsRequest): Promise<readonly RecordGroup[]> {
    return readSums(this.#db, this.#names, request);
  }

  /** What operations used in a span of time. */
  usage(request: UsageRequest): Promise<Usage> {
    return this.#usage.read(request);
  }

  /** How many bytes the records take, as far as is known of rows. */
  async bytes(): Promise<number> {
    const { rows } = await sql<{ bytes: number }>`select bytes from isthmus_record_size`.execute(this.#db);
    return Number(rows[0]?.bytes ?? 0);
  }

  /**
   * Deletes what is too old, and the oldest of what is too much, and lets other work go on between its steps. Where it is
   * much, a part of it: what is written meanwhile does not wait for long.
   */
  async prune({ keepMs, maxBytes, aggregatesMs, usageMs = aggregatesMs }: RecordBounds, now: number): Promise<Pruned> {
    await this.#usage.prune(usageMs, now);
    await sql`delete from isthmus_record_sums where hour < ${now - aggregatesMs}`.execute(this.#db);
    const old = idFrom(now - keepMs);
    let records = 0;
    let steps = 0;
    for (let count = rowsPerStep; count === rowsPerStep; records += count) {
      if (steps++ === stepsAtOnce) return { records, hasMore: true };
      count = (await this.#deleteOldest(sql`where id < ${old}`, rowsPerStep)).count;
      await setImmediate();
    }
    let bytes = await this.bytes();
    if (bytes <= maxBytes) return { records, hasMore: false };
    while (bytes > maxBytes * prunedTo) {
      if (steps++ >= stepsAtOnce) return { records, hasMore: true };
      // Not more than that is too much, as far as a record has a kilobyte.
      const limit = Math.ceil((bytes - maxBytes * prunedTo) / 1_000);
      const deleted = await this.#deleteOldest(sql``, Math.min(rowsPerStep, limit));
      if (deleted.count === 0) break;
      records += deleted.count;
      bytes -= deleted.bytes;
      await setImmediate();
    }
    return { records, hasMore: false };
  }

  /** Deletes the records of a person: the sums have no person's name. @returns how many */
  async erase(principal: string): Promise<number> {
    const hash = this.#names.hashOf('principal', principal);
    let last = '';
    for (let erased = 0; ; ) {
      const deleted = await this.#deleteOldest(sql`where id > ${last} and principal = ${hash}`, rowsPerStep);
      erased += deleted.count;
      if (deleted.count < rowsPerStep) return erased;
      last = deleted.last;
      await setImmediate();
    }
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }

  #deleteOldest(condition: RawBuilder<unknown>, limit: number): Promise<Deleted> {
    return this.#db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ id: string; bytes: number }>`delete from isthmus_records where id in
        (select id from isthmus_records ${condition} order by id limit ${limit}) returning id, bytes`.execute(
        transaction,
      );
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      await resize(transaction, -bytes);
      const last = rows.reduce((greatest, { id }) => (id > greatest ? id : greatest), '');
      return { count: rows.length, bytes, last };
    });
  }

  #conditions(filter: RecordFilter): RawBuilder<unknown>[] {
    const names = this.#names;
    const conditions = [sql`id >= ${idFrom(filter.from)}`, sql`id < ${idFrom(filter.to)}`];
    const equal = (column: string, value: string | undefined): void => {
      if (value !== undefined) conditions.push(sql`${sql.ref(column)} = ${value}`);
    };
    const has = (column: string, value: string | undefined): void => {
      if (value === undefined) return;
      // Whether something is taken out of it: both databases have this, and tell upper from lower case in it.
      const without = sql`replace(${sql.ref(column)}, ${inList(value)}, '')`;
      conditions.push(sql`length(${sql.ref(column)}) > length(${without})`);
    };
    const hashed = (part: 'client' | 'tenant' | 'principal', name: string | undefined): void =>
      equal(part, name === undefined ? undefined : names.hashOf(part, name));
    equal('operation', filter.operation);
    equal('trace_id', filter.traceId);
    equal('request_id', filter.requestId);
    equal('door', filter.door);
    hashed('client', filter.client);
    hashed('tenant', filter.tenant);
    hashed('principal', filter.principal);
    has('codes', filter.code);
    has('fields', filter.field);
    has('models', filter.model);
    if (filter.minMs !== undefined) conditions.push(sql`duration_us >= ${Math.ceil(filter.minMs * 1_000)}`);
    if (filter.failed === true) conditions.push(sql`errors > 0`);
    return conditions;
  }
}

async function resize(transaction: StoreTransaction, bytes: number): Promise<void> {
  if (bytes === 0) return;
  await sql`update isthmus_record_size set bytes = bytes + ${bytes}`.execute(transaction);
}
