/** What every store does, whichever database it is in. */
import { expect, it } from 'vitest';
import { ApiKeys, KeyRing } from '../../../src/access/index.ts';
import type { StoreConfig } from '../../../src/config/index.ts';
import { type BudgetRaise, openStore, type Store, type StoredApiKey } from '../../../src/store/index.ts';

export const openAt = (config: StoreConfig, isServing = false): Promise<Store> =>
  openStore({ config, configFile: 'supergraph.yaml', log: { warn: () => undefined }, isServing });

export const storedKey = (id: string, of: Partial<StoredApiKey> = {}): StoredApiKey => ({
  id,
  hash: `hash of ${id}`,
  name: `Ann’s ${id}`,
  tenant: 'shop',
  scopes: ['read'],
  roles: [],
  models: undefined,
  createdAt: 1_000,
  expiresAt: undefined,
  lastUsedAt: undefined,
  revokedAt: undefined,
  replacedBy: undefined,
  ...of,
});

export const write = (store: Store, key: StoredApiKey, action = 'keys.create') =>
  store.apiKeys.change({ actor: 'cli:ann', action, at: 5_000, id: key.id, decide: () => [key] });

/** @param fresh a configuration of a store that nothing has opened yet */
export function describeStore(fresh: () => StoreConfig | Promise<StoreConfig>): void {
  it('keeps keys and what happened to them, for whoever opens it next', async () => {
    const config = await fresh();
    const key = storedKey('aaaaaaaa', { models: ['fast'], expiresAt: 9_007_199_254_740_991 });
    const store = await openAt(config);
    await write(store, key);
    await write(store, { ...key, revokedAt: 6_000 }, 'keys.revoke');
    await store.close();
    const next = await openAt(config);
    expect(await next.apiKeys.list()).toEqual([{ ...key, revokedAt: 6_000 }]);
    const entries = await next.auditLog.newest(10);
    expect(entries).toMatchObject([
      { action: 'keys.revoke', actor: 'cli:ann', at: 5_000, target: 'aaaaaaaa', after: { revokedAt: 6_000 } },
      { action: 'keys.create', before: null, after: { name: 'Ann’s aaaaaaaa', models: ['fast'] } },
    ]);
    expect(JSON.stringify(entries)).not.toContain('hash of');
    expect(await next.auditLog.newest(1)).toHaveLength(1);
    await next.close();
  });

  it('has one increase of a budget for each subject and one for all, and what happened to them', async () => {
    const config = await fresh();
    await using stack = new AsyncDisposableStack();
    const [writer, reader] = [await openAt(config), await openAt(config, true)];
    for (const store of [writer, reader]) stack.defer(() => store.close());
    const all: BudgetRaise = {
      budget: 'tenants',
      subject: undefined,
      unit: 'usd',
      amount: 50_000_000_000,
      until: 9_000,
    };
    const acme = { ...all, subject: 'acme', amount: 7, until: 3_000 };
    const put = (raise: BudgetRaise, at: number) => writer.budgetRaises.put({ raise, actor: 'cli:ann', at });
    const first = await reader.budgetRaises.changedSince(undefined);
    expect(first?.raises).toEqual([]);
    await put(all, 1_000);
    await put(acme, 1_000);
    const second = await reader.budgetRaises.changedSince(first?.revision);
    expect(second?.raises).toEqual([all, acme]);
    expect(await reader.budgetRaises.changedSince(second?.revision)).toBeUndefined();
    await put({ ...all, amount: 60 }, 2_000);
    expect((await reader.budgetRaises.changedSince(second?.revision))?.raises).toEqual([acme, { ...all, amount: 60 }]);
    // The one of acme has ended.
    await put({ ...all, amount: 0 }, 4_000);
    expect((await reader.budgetRaises.changedSince(undefined))?.raises).toEqual([]);
    const until = new Date(9_000).toISOString();
    expect(await reader.auditLog.newest(2)).toMatchObject([
      { action: 'budgets.raise', actor: 'cli:ann', target: 'tenants', before: { amount: 60, until }, after: null },
      { action: 'budgets.raise', before: { amount: 50_000_000_000 }, after: { amount: 60, until } },
    ]);
  });

  it('says what has changed since a revision', async () => {
    const config = await fresh();
    await using stack = new AsyncDisposableStack();
    const [writer, reader] = [await openAt(config), await openAt(config, true)];
    for (const store of [writer, reader]) stack.defer(() => store.close());
    await write(writer, storedKey('aaaaaaaa'));
    await write(writer, storedKey('bbbbbbbb', { revokedAt: 1 }));
    const first = await reader.apiKeys.changesSince(undefined);
    expect(first?.keys.map(({ id }) => id)).toEqual(['aaaaaaaa']);
    expect(await reader.apiKeys.changesSince(first?.revision)).toBeUndefined();
    await write(writer, storedKey('aaaaaaaa', { revokedAt: 2 }));
    const second = await reader.apiKeys.changesSince(first?.revision);
    expect(second?.keys).toMatchObject([{ id: 'aaaaaaaa', revokedAt: 2 }]);
    await writer.apiKeys.recordUses(new Map([['aaaaaaaa', 7_000]]));
    await writer.apiKeys.recordUses(new Map([['aaaaaaaa', 6_000]]));
    expect(await reader.apiKeys.changesSince(second?.revision)).toBeUndefined();
    expect((await reader.apiKeys.list()).find(({ id }) => id === 'aaaaaaaa')?.lastUsedAt).toBe(7_000);
  });

  it('writes nothing of a change that is refused', async () => {
    const store = await openAt(await fresh());
    const decide = () => {
      throw new Error('no');
    };
    await expect(
      store.apiKeys.change({ actor: 'a', action: 'keys.create', at: 1, id: 'aaaaaaaa', decide }),
    ).rejects.toThrow('no');
    expect(await store.apiKeys.list()).toEqual([]);
    expect(await store.auditLog.newest(10)).toEqual([]);
    expect((await store.apiKeys.changesSince(undefined))?.revision).toBe(0);
    await store.close();
  });

  it('can be opened by several at once, the first time too, and loses no concurrent change', async () => {
    const config = await fresh();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openAt(config)));
    const ids = Array.from({ length: 8 }, (_, index) => `key0000${index}`);
    await Promise.all(ids.map((id, index) => write(stores[index % 4] as Store, storedKey(id))));
    expect((await stores[0]?.apiKeys.changesSince(undefined))?.revision).toBe(8);
    expect(await stores[1]?.apiKeys.list()).toHaveLength(8);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is refused with another key, which does not change it', async () => {
    const config = { ...(await fresh()), key: 'a configured key of 32 characters or more' };
    const store = await openAt(config);
    await write(store, storedKey('aaaaaaaa'));
    await store.close();
    const other = { ...config, key: 'another key of more than 32 characters' };
    await expect(openAt(other)).rejects.toThrow('supergraph.yaml: store.key: the store was written with another key');
    const again = await openAt(config);
    expect(await again.apiKeys.list()).toHaveLength(1);
    await again.close();
  });

  const [first, second, third] = ['first', 'second', 'third'].map(
    (name) => `the ${name} key, of 32 characters or more`,
  );
  const rights = { name: 'Ann’s', tenant: 'shop', scopes: [], roles: [], models: undefined, expiresAt: undefined };
  const log = { warn: () => undefined, info: () => undefined };

  it('is given another key: everything is readable with it alone, API keys stay valid, the audit log says so', async () => {
    const config = await fresh();
    const before = await openAt({ ...config, key: first });
    const { key, id } = await new ApiKeys(before, 'cli:ann').create(rights);
    const many = Array.from({ length: 520 }, (_, index) => storedKey(`key${10_000 + index}`));
    await before.apiKeys.change({ actor: 'cli:ann', action: 'keys.create', at: 1, id: 'key10000', decide: () => many });
    const raise = { budget: 'tenants', subject: 'acme', unit: 'calls', amount: 7, until: 9_000 } as const;
    await before.budgetRaises.put({ raise, actor: 'cli:ann', at: 1 });
    const entries = await before.auditLog.newest(1_000);
    const keys = await before.apiKeys.list();
    await before.close();

    const both = await openAt({ ...config, key: second, previousKeys: [third as string, first as string] });
    expect(await both.apiKeys.list()).toEqual(keys);
    expect(await both.rekey('cli:ann')).toEqual({ apiKeys: 521, auditEntries: 522, ledgerNames: 0 });
    expect(await both.rekey('cli:ann')).toBeUndefined();
    await both.close();

    await expect(openAt({ ...config, key: first })).rejects.toThrow('neither store.key nor store.previous_keys has');
    const after = await openAt({ ...config, key: second });
    expect(await after.apiKeys.list()).toEqual(keys);
    expect((await after.budgetRaises.changedSince(undefined))?.raises).toEqual([raise]);
    const [rekeyed, ...others] = await after.auditLog.newest(1_000);
    expect(others).toEqual(entries);
    expect(rekeyed).toMatchObject({ action: 'store.rekey', actor: 'cli:ann', target: 'store' });
    expect(rekeyed?.before).not.toEqual(rekeyed?.after);
    const ring = await KeyRing.open({ store: after, log });
    expect(await ring.identify(key)).toMatchObject({ id: `key:${id}`, tenant: 'shop' });
    await ring.close();
  });

  it('is given another key under gateways that have both, which go on reading and writing', async () => {
    const config = await fresh();
    const old = await openAt({ ...config, key: first });
    const serving = await openAt({ ...config, key: second, previousKeys: [first as string] }, true);
    await write(serving, storedKey('aaaaaaaa'));
    expect(await old.apiKeys.list()).toHaveLength(1); // what is written is of the key that the store has
    const revision = (await serving.apiKeys.changesSince(undefined))?.revision;
    const writes = Array.from({ length: 20 }, (_, index) => write(serving, storedKey(`key${10_000 + index}`)));
    const operator = await openAt({ ...config, key: second, previousKeys: [first as string] });
    const [rekeyed] = await Promise.all([operator.rekey('cli:ann'), ...writes]);
    expect(rekeyed?.apiKeys).toBeGreaterThan(0);
    await write(serving, storedKey('bbbbbbbb'));
    expect((await serving.apiKeys.changesSince(revision))?.keys).toHaveLength(21);
    await expect(write(old, storedKey('cccccccc'))).rejects.toThrow('another key now: nothing was written');
    await expect(old.apiKeys.list()).rejects.toThrow();
    await Promise.all([old, serving, operator].map((store) => store.close()));
    const next = await openAt({ ...config, key: second });
    expect(await next.apiKeys.list()).toHaveLength(22);
    expect(await next.auditLog.newest(100)).toHaveLength(23);
    await next.close();
  });
}
