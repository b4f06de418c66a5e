/** What every store keeps of usage, whichever database it is in. */
import { expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { hourMs, stepMs } from '../../../src/lib/index.ts';
import type { RecordStore, WrittenUsage } from '../../../src/store/records/index.ts';
import { type Usage, type UsedOperation, WindowedUsage } from '../../../src/usage/index.ts';
import { openRecordsOf } from './records-contract.ts';

const operationOf = (name: string, ...coordinates: readonly string[]): UsedOperation => ({
  id: `id of ${name}`,
  signature: `signature of ${name}`,
  kind: 'query',
  name,
  document: `query ${name} { a }`,
  coordinates,
});

const page = operationOf('Page', 'Query', 'Query.a');

const writtenUsage = (of: Partial<WrittenUsage> = {}): WrittenUsage => ({
  hour: 0,
  writer: 'w',
  operation: page,
  client: 'the web shop',
  clientVersion: '1.2',
  count: 1,
  errors: 0,
  durationMs: 3,
  maxMs: 3,
  inputs: new Map(),
  ...of,
});

const ever = { from: 0, to: Number.MAX_SAFE_INTEGER } as const;
const { day } = stepMs;
const bounds = { keepMs: 90 * day, maxBytes: 1_000_000_000, aggregatesMs: 90 * day, usageMs: 90 * day } as const;
const countsOf = (usage: Usage) => usage.map(({ operation, client, count }) => [operation?.name, client, count]);

/** @param fresh a configuration of a store that nothing has opened yet */
export function describeUsage(fresh: () => StoreConfig | Promise<StoreConfig>): void {
  const opened = async (run: (records: RecordStore, config: StoreConfig) => Promise<void>): Promise<void> => {
    const config = await fresh();
    const records = await openRecordsOf(config);
    try {
      await run(records, config);
    } finally {
      await records.close();
    }
  };
  const write = (records: RecordStore, ...usage: readonly WrittenUsage[]) =>
    records.add({ records: [], sums: [], usage });

  it('tells apart what gateways of several variants have counted', () =>
    opened(async (records) => {
      await write(
        records,
        writtenUsage({ count: 5, graph: 'shop@current' }),
        writtenUsage({ count: 3, graph: 'shop@staging' }),
        writtenUsage({ count: 2 }),
      );
      const usage = await records.usage(ever);
      expect(usage.map(({ graph, count }) => [graph, count])).toEqual([
        ['shop@current', 5],
        ['shop@staging', 3],
        [undefined, 2],
      ]);
      const window = { ...ever, excludedClients: [] };
      const read = new WindowedUsage(async () => usage);
      expect(await read.requests(window)).toBe(10);
      expect(await read.requests({ ...window, graphs: ['shop@current'] })).toBe(7);
      expect(await read.requests({ ...window, graphs: [] })).toBe(2);
    }));

  it('adds up what threads and gateways have counted, for whoever opens it next', () =>
    opened(async (records, config) => {
      const inputs = new Map([['Kind.TOY', 2]]);
      await write(
        records,
        writtenUsage({ count: 5, errors: 1, inputs }),
        writtenUsage({ client: undefined, clientVersion: undefined }),
      );
      // The same writer replaces what it has written, another one and another hour add to it.
      await write(records, writtenUsage({ count: 7, errors: 2, durationMs: 20, maxMs: 9, inputs }));
      await write(records, writtenUsage({ writer: 'x', inputs }), writtenUsage({ hour: hourMs, maxMs: 10 }));
      const others = new Map([['Query.b', 4]]);
      await write(
        records,
        writtenUsage({ operation: undefined, client: undefined, clientVersion: undefined, count: 4, inputs: others }),
      );
      const next = await openRecordsOf(config);
      const usage = await next.usage(ever);
      await next.close();
      expect(usage).toEqual([
        {
          operation: page,
          client: 'the web shop',
          clientVersion: '1.2',
          count: 9,
          errors: 2,
          durationMs: 26,
          maxMs: 10,
          lastAt: hourMs,
          inputs: new Map([['Kind.TOY', 4]]),
        },
        {
          operation: undefined,
          client: undefined,
          clientVersion: undefined,
          count: 4,
          errors: 0,
          durationMs: 3,
          maxMs: 3,
          lastAt: 0,
          inputs: others,
        },
        {
          operation: page,
          client: undefined,
          clientVersion: undefined,
          count: 1,
          errors: 0,
          durationMs: 3,
          maxMs: 3,
          lastAt: 0,
          inputs: new Map(),
        },
      ]);
    }));

  it('tells operations apart by their coordinates, and reads the hours of a span alone', () =>
    opened(async (records) => {
      const renamed = { ...page, id: 'after', coordinates: ['Query', 'Query.b'] };
      await write(records, writtenUsage({ count: 3 }), writtenUsage({ hour: hourMs, operation: renamed, count: 2 }));
      expect((await records.usage(ever)).map(({ operation }) => operation?.coordinates)).toEqual([
        page.coordinates,
        renamed.coordinates,
      ]);
      expect((await records.usage({ from: hourMs + 5, to: 3 * hourMs })).map(({ operation }) => operation?.id)).toEqual(
        ['after'],
      );
      expect(await records.usage({ from: 2 * hourMs, to: 3 * hourMs })).toEqual([]);
    }));

  it('is added up by days after a week, loses nothing by that, and is deleted when it is too old', () =>
    opened(async (records) => {
      const inputs = new Map([['Kind.TOY', 1]]);
      for (let hour = 0; hour < 50; hour++) await write(records, writtenUsage({ hour: hour * hourMs, inputs }));
      const cart = operationOf('Cart', 'Query');
      await write(records, writtenUsage({ hour: 3 * hourMs, writer: 'x', operation: cart, count: 2, inputs }));
      const before = await records.usage(ever);
      const later = 20 * day;
      for (let step = 0; step < 3; step++) await records.prune(bounds, later);
      expect((await records.usage(ever)).map((group) => ({ ...group, lastAt: 0 }))).toEqual(
        before.map((group) => ({ ...group, lastAt: 0 })),
      );
      // What comes late is added to the day: hours cannot be told apart any more.
      await write(records, writtenUsage({ hour: 5 * hourMs, writer: 'late', inputs }));
      await records.prune(bounds, later + hourMs);
      expect(countsOf(await records.usage({ from: 20 * hourMs, to: day }))).toEqual([
        ['Page', 'the web shop', 25],
        ['Cart', 'the web shop', 2],
      ]);
      expect((await records.usage(ever))[0]?.inputs).toEqual(new Map([['Kind.TOY', 51]]));
      await records.prune(bounds, 91 * day);
      expect(countsOf(await records.usage(ever))).toEqual([['Page', 'the web shop', 26]]);
      await records.prune(bounds, 100 * day);
      expect(await records.usage(ever)).toEqual([]);
      // Of an operation that was forgotten, all is there again.
      await write(records, writtenUsage({ hour: 100 * day }));
      expect((await records.usage(ever))[0]?.operation).toEqual(page);
    }));
}
