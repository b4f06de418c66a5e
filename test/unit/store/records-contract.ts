/** What the records of every store do, whichever database they are in. */
import { expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { hourMs } from '../../../src/lib/index.ts';
import {
  bucketOf,
  type OperationRecord,
  quantile,
  recordIds,
  type SumNames,
} from '../../../src/observability/records/index.ts';
import {
  locateRecords,
  openRecords,
  type RecordGroup,
  type RecordStore,
  type WrittenSum,
} from '../../../src/store/records/index.ts';
import { openAt } from './store-contract.ts';

const idAt = recordIds('test');

export const operationRecord = (at: number, of: Partial<OperationRecord> = {}): OperationRecord => ({
  id: idAt(at),
  at,
  requestId: 'request',
  traceId: undefined,
  door: 'graphql',
  kind: 'query',
  operation: 'Page',
  signature: 'signature',
  client: 'the web shop',
  clientVersion: '1.2',
  principal: 'Berta',
  principalKind: 'user',
  tenant: 'the tenant',
  status: 200,
  errors: 0,
  codes: [],
  durationMs: 12.5,
  waitedMs: 10,
  nanoUsd: 0,
  inputTokens: 0,
  outputTokens: 0,
  weight: 1,
  fields: [],
  models: [],
  details: {},
  document: undefined,
  variables: undefined,
  ...of,
});

export const writtenSum = (of: Partial<WrittenSum> = {}): WrittenSum => ({
  hour: 0,
  writer: 'w',
  number: 0,
  kind: 'operation',
  operation: 'Page',
  client: 'the web shop',
  tenant: 'the tenant',
  field: undefined,
  model: undefined,
  count: 1,
  errors: 0,
  nanoUsd: 7,
  inputTokens: 3,
  outputTokens: 2,
  durations: new Map([[bucketOf(12), 1]]),
  ...of,
});

export async function openRecordsOf(config: StoreConfig): Promise<RecordStore> {
  const store = await openAt(config);
  try {
    return await openRecords(locateRecords(config, store), 1_000);
  } finally {
    await store.close();
  }
}

const everything = { from: 0, to: 10_000_000 } as const;
const bounds = { keepMs: 1_000, maxBytes: 1_000_000_000, aggregatesMs: 90 * 24 * hourMs } as const;

/** @param fresh a configuration of a store that nothing has opened yet */
export function describeRecords(fresh: () => StoreConfig | Promise<StoreConfig>): void {
  const opened = async (run: (records: RecordStore, config: StoreConfig) => Promise<void>): Promise<void> => {
    const config = await fresh();
    const records = await openRecordsOf(config);
    try {
      await run(records, config);
    } finally {
      await records.close();
    }
  };
  const search = async (records: RecordStore, filter: object): Promise<readonly string[]> =>
    (await records.search({ filter: { ...everything, ...filter }, limit: 100 })).records.map(
      ({ requestId }) => requestId,
    );

  it('keeps a record whole, for whoever opens it next, and once', () =>
    opened(async (records, config) => {
      const whole = operationRecord(1_000, {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        status: 500,
        errors: 2,
        codes: ['A', 'B_C'],
        fields: ['Product.summary'],
        models: ['test/m', 'smart'],
        nanoUsd: 9_007_199_254_740_991,
        weight: 3,
        details: { fetches: [{ at: 0, ms: 1, subgraph: 'products', kind: 'root', outcome: 'ok' }] },
        document: 'query { me { name } }',
        variables: '{"a":1}',
      });
      const least = operationRecord(2_000, {
        ...{ kind: undefined, operation: undefined, signature: undefined, client: undefined, clientVersion: undefined },
        ...{ principal: undefined, principalKind: undefined, tenant: undefined },
      });
      await records.add({ records: [whole, least], sums: [] });
      await records.add({ records: [whole], sums: [] });
      const next = await openRecordsOf(config);
      expect(await next.search({ filter: everything, limit: 10 })).toEqual({
        records: [least, whole],
        hasMore: false,
      });
      expect(await next.bytes()).toBeGreaterThan(500);
      await next.close();
    }));

  it('finds records by each thing that they are searched by, and no others', () =>
    opened(async (records) => {
      const of: Readonly<Record<string, Partial<OperationRecord>>> = {
        operation: { operation: 'Cart' },
        code: { codes: ['X', 'TIMEOUT'], errors: 1 },
        client: { client: 'app' },
        tenant: { tenant: 'acme' },
        principal: { principal: 'Ann' },
        model: { models: ['test/m', 'smart'] },
        field: { fields: ['Product.pitch'] },
        traceId: { traceId: 'trace' },
        door: { door: 'v1' },
        minMs: { durationMs: 500 },
      };
      const all = Object.entries(of).map(([requestId, one]) => operationRecord(1_000, { requestId, ...one }));
      await records.add({ records: [...all, operationRecord(5_000)], sums: [] });
      const values = { operation: 'Cart', code: 'TIMEOUT', client: 'app', tenant: 'acme', principal: 'Ann' };
      const filters = { ...values, model: 'smart', field: 'Product.pitch', traceId: 'trace', door: 'v1', minMs: 500 };
      for (const [name, value] of Object.entries(filters))
        expect(await search(records, { [name]: value }), name).toEqual([name]);
      expect(await search(records, { requestId: 'tenant' })).toEqual(['tenant']);
      expect(await search(records, { failed: true })).toEqual(['code']);
      expect(await search(records, { from: 1_001 })).toEqual(['request']);
      expect(await search(records, { to: 1_000 })).toEqual([]);
      for (const [name, value] of [
        ['code', 'TIME'],
        ['code', 'timeout'],
        ['code', 'X TIMEOUT'.slice(2, 5)],
        ['operation', "Cart' or '1'='1"],
        ['field', 'Product.%'],
        ['tenant', 'the'],
      ] as const)
        expect(await search(records, { [name]: value }), `${name} ${value}`).toEqual([]);
    }));

  it('is read page by page, from the newest on', () =>
    opened(async (records) => {
      const all = Array.from({ length: 25 }, (_, index) => operationRecord(1_000 + (index >> 1)));
      await records.add({ records: all, sums: [] });
      const read: OperationRecord[] = [];
      for (let after: string | undefined; ; ) {
        const page = await records.search({ filter: everything, after, limit: 10 });
        read.push(...page.records);
        after = page.records.at(-1)?.id;
        // What comes meanwhile is not of this reading.
        await records.add({ records: [operationRecord(9_000)], sums: [] });
        if (!page.hasMore) break;
      }
      expect(read).toEqual(all.toReversed());
    }));

  it('deletes what is too old, and the oldest of what is too much', () =>
    opened(async (records) => {
      const all = Array.from({ length: 3_500 }, (_, index) => operationRecord(1_000 + index));
      await records.add({ records: all, sums: [] });
      expect(await records.prune(bounds, 4_000)).toEqual({ records: 2_000, hasMore: false });
      const left = await records.search({ filter: everything, limit: 5_000 });
      expect(left.records).toEqual(all.slice(2_000).toReversed());
      expect(await records.prune(bounds, 4_000)).toEqual({ records: 0, hasMore: false });
      const bytes = await records.bytes();
      const { records: pruned } = await records.prune({ ...bounds, maxBytes: bytes - 1 }, 4_000);
      expect(pruned).toBeGreaterThan(40);
      expect(pruned).toBeLessThan(60);
      expect(await search(records, { to: 3_000 + pruned })).toEqual([]);
      expect(await records.bytes()).toBeLessThan(bytes);
      await records.prune({ ...bounds, maxBytes: 0 }, 4_000);
      expect(await records.bytes()).toBe(0);
    }));

  it('deletes a part of what is very much, and then the rest', () =>
    opened(async (records) => {
      for (let start = 0; start < 20_500; start += 500)
        await records.add({
          records: Array.from({ length: 500 }, (_, index) => operationRecord(1_000 + start + index)),
          sums: [],
        });
      const later = 100_000_000;
      expect(await records.prune(bounds, later)).toEqual({ records: 20_000, hasMore: true });
      expect(await records.prune(bounds, later)).toEqual({ records: 500, hasMore: false });
      expect(await records.bytes()).toBe(0);
    }));

  it('adds up sums of hours and of several gateways; of the same one, the last counts', () =>
    opened(async (records) => {
      const at = 480_000 * hourMs;
      const mine = { hour: at, count: 2, errors: 1, durations: new Map([[bucketOf(10), 2]]) };
      await records.add({ records: [], sums: [writtenSum({ hour: at }), writtenSum({ hour: at, number: 1 })] });
      await records.add({ records: [], sums: [writtenSum(mine)] });
      const slow = { durations: new Map([[bucketOf(1_000), 5]]), count: 5 };
      await records.add({ records: [], sums: [writtenSum({ hour: at, writer: 'other', ...slow })] });
      const acme: Partial<WrittenSum> = { hour: at + hourMs, tenant: 'acme', client: undefined, operation: undefined };
      await records.add({ records: [], sums: [writtenSum({ ...acme, nanoUsd: 9_007_199_254_740_991 })] });
      const day = { from: at + 1, to: at + 2 * hourMs };
      const [all] = await records.sums({ ...day, by: [] });
      expect(all).toMatchObject({ at, count: 9, errors: 1, nanoUsd: 9_007_199_254_740_991n + 21n, inputTokens: 12 });
      expect(quantile((all as RecordGroup).durations, 0.5) / 1_000).toBeCloseTo(1, 1);
      const perHour = await records.sums({ ...day, by: ['tenant', 'client'], everyMs: hourMs });
      expect(perHour.map(({ at: step, of, count }) => [step, ...of.values(), count])).toEqual([
        [at, 'the tenant', 'the web shop', 8],
        [at + hourMs, 'acme', undefined, 1],
      ]);
      expect(await records.sums({ ...day, by: [], where: { tenant: 'acme' } })).toMatchObject([{ count: 1 }]);
      expect(await records.sums({ ...day, by: ['model'] })).toEqual([]);
      await records.prune(bounds, at + 91 * 24 * hourMs);
      expect(await records.sums({ ...day, by: [] })).toEqual([]);
    }));

  it('reads the sums of fields and of models apart from those of operations', () =>
    opened(async (records) => {
      const of = (number: number, names: Partial<SumNames>) => writtenSum({ number, ...names });
      const field = { field: 'Product.pitch' };
      const sums = [
        of(0, {}),
        of(1, { kind: 'field', ...field }),
        of(2, { kind: 'model', model: 'test/m', ...field }),
        of(3, { kind: 'model', model: 'test/n' }),
      ];
      await records.add({ records: [], sums });
      const counts = async (request: object) =>
        (await records.sums({ from: 0, to: 1, by: [], ...request })).map(({ of: names, count }) => [
          ...names.values(),
          count,
        ]);
      expect(await counts({ by: ['operation'] })).toEqual([['Page', 1]]);
      expect(await counts({ by: ['field'] })).toEqual([['Product.pitch', 1]]);
      expect(await counts({ by: ['model'] })).toEqual([
        ['test/m', 1],
        ['test/n', 1],
      ]);
      expect(await counts({ where: { model: 'test/m' } })).toEqual([[1]]);
      expect(await counts({ by: ['model'], where: field })).toEqual([['test/m', 1]]);
    }));

  it('reads no more groups of sums than are asked for, and one that says so', () =>
    opened(async (records) => {
      const sums = Array.from({ length: 50 }, (_, number) => writtenSum({ number, operation: `Page${number}` }));
      await records.add({ records: [], sums });
      const read = (maxGroups: number) => records.sums({ from: 0, to: 1, by: ['operation'], maxGroups });
      expect(await read(50)).toHaveLength(50);
      expect(await read(20)).toHaveLength(21);
    }));

  it('can be opened by several at once, the first time too', async () => {
    const config = await fresh();
    await (await openAt(config)).close();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openRecordsOf(config)));
    await Promise.all(
      stores.map((records, index) => records.add({ records: [operationRecord(1_000 + index)], sums: [] })),
    );
    expect(await search(stores[0] as RecordStore, {})).toHaveLength(4);
    await Promise.all(stores.map((records) => records.close()));
  });
}
