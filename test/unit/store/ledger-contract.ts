/** What the ledger of every store does, whichever database it is in. */
import { expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import type { LedgerRow } from '../../../src/observability/index.ts';
import type { LedgerGroup, Store } from '../../../src/store/index.ts';
import { openAt } from './store-contract.ts';

const hour = 3_600_000;
const noon = Date.parse('2026-11-10T12:00:00Z');

export const ledgerRow = (id: string, of: Partial<LedgerRow> = {}): LedgerRow => ({
  id,
  at: noon,
  principal: 'Ann',
  kind: 'user',
  tenant: 'acme',
  team: undefined,
  client: 'the web shop',
  door: 'graphql',
  operation: 'Reviews',
  field: 'Product.summary',
  prompt: 'summary@3',
  alias: 'smart',
  model: 'p/m',
  traffic: 'live',
  inputTokens: 100,
  outputTokens: 20,
  usageSource: 'reported',
  priceSource: 'config',
  priceVersion: '1',
  priceDate: '2026-11-01',
  cached: undefined,
  reserved: 900,
  settled: 700,
  tokens: 120,
  calls: 1,
  outcome: 'ok',
  requestId: 'r1',
  ...of,
});

async function all(store: Store, from = 0, to = Number.MAX_SAFE_INTEGER): Promise<readonly LedgerRow[]> {
  return Array.fromAsync(store.ledger.rows({ from, to }));
}

const textOf = (groups: readonly LedgerGroup[]): readonly string[] =>
  groups.map(({ of, settled, rows }) => `${[...of.values()].join(',')} ${settled} ${rows}`).sort();

/** @param fresh a configuration of a store that nothing has opened yet */
export function describeLedger(fresh: () => StoreConfig | Promise<StoreConfig>): void {
  it('keeps rows whole, each once, in the order of time', async () => {
    const config = await fresh();
    await using stack = new AsyncDisposableStack();
    const store = await openAt(config);
    const rows = [
      ledgerRow('b', { at: noon + 1, settled: 9_007_199_254_740_991, reserved: 9_007_199_254_740_991 }),
      ledgerRow('a', { team: 'red', client: undefined, operation: undefined, usageSource: undefined }),
    ];
    await store.ledger.add(rows);
    await store.ledger.add([...rows, ledgerRow('c', { at: noon + 2 })]);
    await store.close();
    const next = await openAt(config);
    stack.defer(() => next.close());
    expect(await all(next)).toEqual([rows[1], rows[0], ledgerRow('c', { at: noon + 2 })]);
    expect(await all(next, noon + 1, noon + 2)).toEqual([rows[0]]);
    const [sum] = await next.ledger.sums({ from: 0, to: noon + hour, by: [] });
    expect(sum).toMatchObject({ rows: 3n, settled: 9_007_199_254_742_391n });
  });

  it('deletes old rows, and no others, and sums them as before', async () => {
    await using stack = new AsyncDisposableStack();
    const store = await openAt(await fresh());
    stack.defer(() => store.close());
    const rows = Array.from({ length: 2_500 }, (_, index) =>
      ledgerRow(`r${index}`, {
        at: noon + index * 17_377,
        tenant: `tenant ${index % 3}`,
        settled: (index * 7_919) % 100_003,
      }),
    );
    for (let start = 0; start < rows.length; start += 501) await store.ledger.add(rows.slice(start, start + 501));
    const sums = async () =>
      Promise.all([
        store.ledger.sums({ from: 0, to: Number.MAX_SAFE_INTEGER, by: ['tenant'] }),
        store.ledger.sums({ from: noon + hour, to: noon + 9 * hour + 5, by: ['tenant', 'alias'] }),
        store.ledger.sums({ from: noon - 24 * hour, to: noon + 24 * hour, by: [], everyMs: 2 * hour }),
        store.ledger.sums({ from: noon + 7 * hour + 1, to: noon + 8 * hour - 1, by: [], everyMs: 1_000 }),
      ]);
    const before = await sums();
    expect(await store.ledger.prune(noon + 4 * hour + 1_000)).toBe(
      rows.filter(({ at }) => at < noon + 4 * hour).length,
    );
    expect((await all(store))[0]?.at).toBeGreaterThanOrEqual(noon + 4 * hour);
    expect(await sums()).toEqual(before);
    // Half of an hour without rows is the whole of it: nothing that was spent is forgotten.
    const [half] = await store.ledger.sums({ from: noon + hour / 2, to: noon + hour, by: [] });
    const [whole] = await store.ledger.sums({ from: noon, to: noon + hour, by: [] });
    expect(half?.settled).toBe(whole?.settled);
    expect(await store.ledger.prune(noon)).toBe(0);
    // As many as are allowed, less what is left of the hour that begins them.
    const left = (await all(store)).length;
    expect(await store.ledger.pruneTo(left)).toBe(0);
    const pruned = await store.ledger.pruneTo(left - 1);
    expect(pruned).toBe(rows.filter(({ at }) => at >= noon + 4 * hour && at < noon + 5 * hour).length);
    expect((await all(store)).length).toBe(left - pruned);
    expect(await sums()).toEqual(before);
  });

  it('sums a span from hours and rows to what the rows come to', async () => {
    await using stack = new AsyncDisposableStack();
    const store = await openAt(await fresh());
    stack.defer(() => store.close());
    const rows = Array.from({ length: 3_000 }, (_, index) =>
      ledgerRow(`r${index}`, {
        at: noon + index * 17_377,
        tenant: `tenant ${index % 3}`,
        field: index % 2 === 0 ? undefined : 'Product.summary',
        settled: (index * 7_919) % 100_003,
        ...(index % 5 === 0 ? { cached: 'exact', settled: 0, calls: 0 } : {}),
      }),
    );
    for (let start = 0; start < rows.length; start += 501) await store.ledger.add(rows.slice(start, start + 501));
    const spans = [
      [noon + 1, noon + 9 * hour + 5],
      [noon + 2 * hour, noon + 3 * hour],
      [noon + 10, noon + 20_000],
      [0, Number.MAX_SAFE_INTEGER],
    ] as const;
    for (const [from, to] of spans) {
      const groups = new Map<string, { settled: bigint; rows: bigint }>();
      for (const row of rows.filter(({ at }) => at >= from && at < to)) {
        const key = [row.tenant, row.field].join(',');
        const { settled = 0n, rows: count = 0n } = groups.get(key) ?? {};
        groups.set(key, { settled: settled + BigInt(row.settled), rows: count + 1n });
      }
      const expected = [...groups].map(([key, { settled, rows: count }]) => `${key} ${settled} ${count}`).sort();
      expect(textOf(await store.ledger.sums({ from, to, by: ['tenant', 'field'] }))).toEqual(expected);
    }
    const where = { tenant: 'tenant 1', field: 'Product.summary' };
    const steps = await store.ledger.sums({ from: noon, to: noon + 24 * hour, by: [], everyMs: hour, where });
    const wanted = rows.filter((row) => row.tenant === where.tenant && row.field === where.field);
    expect(steps.reduce((sum, { settled }) => sum + settled, 0n)).toBe(
      wanted.reduce((sum, { settled }) => sum + BigInt(settled), 0n),
    );
    expect(steps.map(({ at }) => at)).toEqual(Array.from({ length: 15 }, (_, index) => noon + index * hour));
    expect(await store.ledger.sums({ from: 0, to: 10 * hour, by: [] })).toEqual([]);
    expect(textOf(await store.ledger.sums({ from: 0, to: 10 * hour, by: ['team'] }))).toEqual([]);
  });

  it('counts once what several gateways write at the same time', async () => {
    const config = await fresh();
    await using stack = new AsyncDisposableStack();
    const stores = [await openAt(config), await openAt(config)];
    for (const store of stores) stack.defer(() => store.close());
    const rows = Array.from({ length: 300 }, (_, index) => ledgerRow(`r${index}`, { tenant: `t${index % 7}` }));
    const writes = stores.flatMap((store) => [
      store.ledger.add(rows.slice(0, 200)),
      store.ledger.add(rows.slice(100).toReversed()),
    ]);
    await Promise.all(writes);
    const [sum] = (await stores[0]?.ledger.sums({ from: 0, to: noon + 2 * hour, by: [] })) ?? [];
    expect(sum).toMatchObject({ rows: 300n, settled: 210_000n });
  });

  it('is summed by the same names after the store has been given another key', async () => {
    const config = { ...(await fresh()), key: 'the first key, of 32 characters or more' };
    const before = await openAt(config);
    await before.ledger.add([ledgerRow('a'), ledgerRow('b', { principal: 'Berta' })]);
    await before.close();
    const rekeyed = { ...config, key: 'the second key, of 32 characters or more' };
    const both = await openAt({ ...rekeyed, previousKeys: [config.key] });
    expect(await both.rekey('cli:ann')).toMatchObject({ ledgerNames: 4 });
    await both.close();
    const after = await openAt(rekeyed);
    await after.ledger.add([ledgerRow('c', { principal: 'Berta' })]);
    const span = { from: noon, to: noon + hour };
    const sums = await after.ledger.sums({ ...span, by: ['principal'] });
    const rowsOf = Object.fromEntries(sums.map(({ of, rows }) => [of.get('principal'), Number(rows)]));
    expect(rowsOf).toEqual({ Ann: 1, Berta: 2 });
    await after.close();
  });
}
