/** What every store does to remove a person, whichever database it is in. */
import { expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { ledgerRow } from './ledger-contract.ts';
import { openRecordsOf, operationRecord } from './records-contract.ts';
import { openAt, storedKey, write } from './store-contract.ts';

const hour = 3_600_000;
const noon = Date.parse('2026-11-10T12:00:00Z');
const span = { from: 0, to: noon + 9 * hour } as const;

/** @param fresh a configuration of a store that nothing has opened yet */
export function describePeople(fresh: () => StoreConfig | Promise<StoreConfig>): void {
  it('removes a person from the ledger and the keys, with every sum as it was', async () => {
    await using stack = new AsyncDisposableStack();
    const config = await fresh();
    const [store, running] = [await openAt(config), await openAt(config)];
    for (const each of [store, running]) stack.defer(() => each.close());
    const rows = Array.from({ length: 40 }, (_, index) =>
      ledgerRow(`r${index}`, {
        at: noon + (index % 8) * 0.4 * hour,
        principal: ['Ann', 'Bob'][index % 2] ?? '',
        settled: 700 + index,
        field: `Product.f${index % 3}`,
      }),
    );
    await running.ledger.add(rows);
    await write(store, storedKey('aaaaaaaa', { name: 'Ann' }));
    await write(store, storedKey('bbbbbbbb', { name: 'Bob' }));
    const raise = { budget: 'users', unit: 'usd', amount: 5, until: noon } as const;
    for (const subject of ['Ann', 'Bob'])
      await store.budgetRaises.put({ raise: { ...raise, subject }, actor: 'cli:op', at: 0 });
    const sumsBy = async (by: readonly ('field' | 'tenant')[]) => store.ledger.sums({ ...span, by });
    const before = [await sumsBy([]), await sumsBy(['tenant']), await sumsBy(['field'])];

    const erased = await store.eraseUser('Ann', 'cli:op');
    expect(erased).toMatchObject({ ledgerRows: 20, apiKeys: 1, budgetRaises: 1 });
    expect(erased.pseudonym).toMatch(/^erased:.{12}$/);
    expect([await sumsBy([]), await sumsBy(['tenant']), await sumsBy(['field'])]).toEqual(before);
    const people = await store.ledger.sums({ ...span, by: ['principal'] });
    expect(people.map(({ of }) => of.get('principal')).sort()).toEqual(['Bob', erased.pseudonym]);
    expect(await Array.fromAsync(store.ledger.rows({ ...span, where: { principal: 'Ann' } }))).toEqual([]);
    const keys = await store.apiKeys.list();
    expect(keys.map(({ name, revokedAt }) => [name, revokedAt !== undefined]).sort()).toEqual([
      ['(erased)', true],
      ['Bob', false],
    ]);
    expect((await store.budgetRaises.changedSince(undefined))?.raises.map(({ subject }) => subject)).toEqual(['Bob']);
    const [entry] = await store.auditLog.newest(1);
    expect(entry).toMatchObject({ actor: 'cli:op', action: 'users.erase', target: erased.pseudonym });
    expect(JSON.stringify(entry)).not.toContain('Ann');

    // A gateway that has stored the name before stores it again for what the person does later.
    await running.ledger.add([ledgerRow('later', { at: noon, principal: 'Ann' })]);
    const later = await Array.fromAsync(store.ledger.rows({ ...span, where: { principal: 'Ann' } }));
    expect(later.map(({ id, principal }) => [id, principal])).toEqual([['later', 'Ann']]);
  });

  it('removes a key by its principal, and says of somebody unknown that there was nothing', async () => {
    await using stack = new AsyncDisposableStack();
    const store = await openAt(await fresh());
    stack.defer(() => store.close());
    await write(store, storedKey('aaaaaaaa'));
    const nothing = { ledgerRows: 0, ledgerHours: 0, budgetRaises: 0 };
    expect(await store.eraseUser('nobody', 'cli:op')).toMatchObject({ ...nothing, apiKeys: 0 });
    expect(await store.eraseUser('key:aaaaaaaa', 'cli:op')).toMatchObject({ ...nothing, apiKeys: 1 });
  });

  it('deletes the records of a person, and no others', async () => {
    const records = await openRecordsOf(await fresh());
    const of = (principal: string) =>
      Array.from({ length: 1_200 }, (_, at) => operationRecord(1_000 + at, { principal }));
    await records.add({ records: [...of('Ann'), ...of('Bob')], sums: [] });
    const bytes = await records.bytes();
    expect(await records.erase('Ann')).toBe(1_200);
    const filter = { from: 0, to: 10_000 };
    expect((await records.search({ filter, limit: 2_000 })).records.every(({ principal }) => principal === 'Bob')).toBe(
      true,
    );
    expect(await records.bytes()).toBe(bytes / 2);
    await records.close();
  });
}
