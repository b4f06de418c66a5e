/** What every store does, whichever database it is in. */
import { expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { openStore, type Store, type StoredApiKey } from '../../../src/store/index.ts';

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
    const config = await fresh();
    const store = await openAt(config);
    await write(store, storedKey('aaaaaaaa'));
    await store.close();
    const other = { ...config, key: 'another key of more than 32 characters' };
    await expect(openAt(other)).rejects.toThrow('supergraph.yaml: store.key: the store was written with another key');
    const again = await openAt(config);
    expect(await again.apiKeys.list()).toHaveLength(1);
    await again.close();
  });
}
