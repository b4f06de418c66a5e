/** The contract of `CacheStore`, run against each of its implementations. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CacheStore,
  createKeyMemory,
  createMemoryStore,
  createPortStores,
  createRedisStore,
  createStampMemory,
  createTieredStore,
  type RedisStore,
  StoredKeys,
  serveStore,
  TagStamps,
} from '../../../src/cache/index.ts';
import { noSignals } from '../../../src/signals/index.ts';
import { type RedisCluster, startRedisCluster } from '../../testkit/servers/redis-cluster.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

let server: RedisServer | undefined;
let cluster: RedisCluster | undefined;
beforeAll(async () => {
  if (!withoutRedis) [server, cluster] = await Promise.all([startRedisServer(), startRedisCluster()]);
});
afterAll(() => Promise.all([server?.kill(), cluster?.kill()]));

async function openRedis(url = server?.url ?? ''): Promise<RedisStore> {
  const ready = Promise.withResolvers<void>();
  const store = createRedisStore({
    url,
    prefix: `test${Math.random()}:`,
    commandTimeoutMs: 5_000, // this machine may be busy; what a timeout does is in test/faults
    onStateChange: (state) => state === 'ready' && ready.resolve(),
  });
  await ready.promise;
  return store;
}

async function openOfThread(): Promise<CacheStore> {
  const { port1, port2 } = new MessageChannel();
  const stamps = new TagStamps(createStampMemory());
  const storedKeys = new StoredKeys(createKeyMemory());
  const main = createMemoryStore({ stamps, storedKeys });
  serveStore(port1, { currentStore: () => main, storedKeys, signals: noSignals });
  return createPortStores({ port: port2, signals: noSignals, stamps, storedKeys })({
    maxBytes: 64_000_000,
    maxValueBytes: 8_000_000,
  });
}

const implementations = [
  { name: 'memory', open: async (): Promise<CacheStore> => createMemoryStore(), skip: false },
  { name: 'Redis', open: () => openRedis(), skip: withoutRedis },
  {
    name: 'memory and Redis',
    open: async () => createTieredStore({ redis: await openRedis(), maxBytes: 64_000_000 }),
    skip: withoutRedis,
  },
  { name: 'cluster’s', open: () => openRedis(cluster?.url), skip: withoutRedis },
  { name: 'thread’s', open: openOfThread, skip: false },
];

for (const { name, open, skip } of implementations) {
  describe.skipIf(skip)(`the ${name} store`, () => {
    let store: CacheStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const text = async (key: string): Promise<string | undefined> => (await store.get(key))?.value.toString();

    /** Time passes in the store's own clock. */
    async function until(holds: () => Promise<boolean>): Promise<void> {
      const end = performance.now() + 5_000;
      while (!(await holds())) {
        if (performance.now() > end) throw new Error('it never happened');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }

    it('returns the stored bytes, whatever they are', async () => {
      const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
      await store.set('bytes', bytes);
      await store.set('text', 'größer 🎧');
      await store.set('empty', '');
      bytes.fill(0);
      expect(await store.get('unknown')).toBeUndefined();
      expect([...((await store.get('bytes'))?.value ?? [])].slice(250, 260)).toEqual([
        250, 251, 252, 253, 254, 255, 0, 1, 2, 3,
      ]);
      expect(await text('text')).toBe('größer 🎧');
      expect(await text('empty')).toBe('');
    });

    it('accepts any text as a key and as a tag', async () => {
      const keys = ['a b', 'a\r\nDEL *', '{tag}', '__proto__', 'é', '', 'x'.repeat(10_000)];
      for (const key of keys) await store.set(key, `of ${key}`, { tags: [`tag ${key}`] });
      for (const key of keys) expect(await text(key)).toBe(`of ${key}`);
      expect(await store.invalidate('tag __proto__')).toBe(true);
      expect(await text('__proto__')).toBeUndefined();
      expect(await text('a b')).toBe('of a b');
    });

    it('replaces and deletes', async () => {
      await store.set('key', 'one');
      await store.set('key', 'two');
      expect(await text('key')).toBe('two');
      await store.delete('key');
      await store.delete('key');
      expect(await text('key')).toBeUndefined();
    });

    it('reports the age of an entry and how long it is fresh', async () => {
      await store.set('aged', 'x', { ttlMs: 60_000 });
      await until(async () => ((await store.get('aged'))?.ageMs ?? 0) >= 10);
      const entry = await store.get('aged');
      expect(entry?.freshMs).toBeLessThanOrEqual(60_000 - 10);
      expect((entry?.freshMs ?? 0) + (entry?.ageMs ?? 0)).toBeCloseTo(60_000, 3);
    });

    it('expires an entry at its time, and returns a stale one only within its stale time', async () => {
      await store.set('short', 'x', { ttlMs: 20 });
      await store.set('stale', 'x', { ttlMs: 20, staleMs: 60_000 });
      await until(async () => (await store.get('short')) === undefined);
      // In a cluster, another node has it, with a clock of its own.
      await until(async () => ((await store.get('stale'))?.freshMs ?? 1) <= 0);
      expect(await text('stale')).toBe('x');
    });

    it('stores nothing for an entry without a time to live, and removes the previous one', async () => {
      await store.set('key', 'before');
      await store.set('key', 'after', { ttlMs: 0 });
      expect(await text('key')).toBeUndefined();
    });

    it('returns no entry of an invalidated tag, and all others', async () => {
      await store.set('a', '1', { tags: ['prompt:x', 'type:Product'] });
      await store.set('b', '2', { tags: ['type:Product'] });
      await store.set('c', '3', { tags: ['prompt:x'] });
      await store.set('d', '4');
      expect(await store.invalidate('prompt:x')).toBe(true);
      expect([await text('a'), await text('b'), await text('c'), await text('d')]).toEqual([
        undefined,
        '2',
        undefined,
        '4',
      ]);
      await store.set('a', '5', { tags: ['prompt:x', 'type:Product'] });
      expect(await text('a')).toBe('5');
      expect(await store.invalidate('type:Product')).toBe(true);
      expect([await text('a'), await text('b')]).toEqual([undefined, undefined]);
      expect(await store.invalidate('nothing has it')).toBe(true);
    });

    it('returns an entry that was stored again without the tag', async () => {
      await store.set('key', '1', { tags: ['old'] });
      await store.set('key', '2', { tags: ['new'] });
      await store.invalidate('old');
      expect(await text('key')).toBe('2');
    });

    it('does not store a value whose inputs were invalidated meanwhile', async () => {
      await store.invalidate('type:Review');
      await store.set('late', 'from before', { tags: ['type:Review'], readMsAgo: 10_000 });
      expect(await text('late')).toBeUndefined();
      await store.set('other', 'x', { tags: ['type:Other'], readMsAgo: 10_000 });
      expect(await text('other')).toBe('x');
      await store.set('late', 'from after', { tags: ['type:Review'] });
      expect(await text('late')).toBe('from after');
    });

    it('ignores a value that is too large', async () => {
      await store.set('large', 'small');
      await store.set('large', new Uint8Array(9_000_000));
      expect(await store.get('large')).toBeUndefined();
    });

    it('handles a hundred writers of the same key', async () => {
      const values = Array.from({ length: 100 }, (_, index) => `${index}`.repeat(1_000));
      await Promise.all(values.map((value) => store.set('contended', value, { tags: ['contended'] })));
      expect(values).toContain(await text('contended'));
      await Promise.all([
        ...values.map((value) => store.set('contended', value, { tags: ['contended'] })),
        store.invalidate('contended'),
      ]);
      expect(await text('contended')).toBeUndefined();
    });

    it('reads and writes many at once, in their order', async () => {
      const keys = Array.from({ length: 500 }, (_, index) => `entity:${index}`);
      await store.setMany(
        keys.map((key) => ({ key, value: `of ${key}`, ttlMs: 60_000, tags: ['wave', `one ${key}`] })),
      );
      await store.delete('entity:7');
      await store.invalidate('one entity:9');
      const entries = await store.getMany(['entity:3', ...keys, 'nothing']);
      expect(entries.map((entry) => entry?.value.toString())).toEqual([
        'of entity:3',
        ...keys.map((key) => (['entity:7', 'entity:9'].includes(key) ? undefined : `of ${key}`)),
        undefined,
      ]);
      expect(entries[0]?.freshMs).toBeGreaterThan(0);
      await store.invalidate('wave');
      expect((await store.getMany(keys)).every((entry) => entry === undefined)).toBe(true);
      expect(await store.getMany([])).toEqual([]);
    });

    it('lets one of all callers fill a missing key, and the others wait for the value', async () => {
      const rounds = await Promise.all(Array.from({ length: 50 }, () => store.claim(['filled', 'other'], 60_000)));
      const claims = rounds.map(([claim]) => claim);
      const [holder, ...more] = claims.filter((claim) => claim?.kind === 'holder');
      expect(more).toEqual([]);
      const waits = claims.flatMap((claim) => (claim?.kind === 'waiter' ? [claim.ended()] : []));
      expect(waits).toHaveLength(49);
      void store.set('filled', 'value');
      if (holder?.kind === 'holder') holder.release();
      await Promise.all(waits);
      expect(await text('filled')).toBe('value');
      expect((await store.claim(['filled'], 60_000))[0]?.kind).toBe('holder');
    });

    it('lets nobody wait for a holder that has released it before they begin to', async () => {
      const [holder] = await store.claim(['released'], 60_000);
      const [waiter] = await store.claim(['released'], 60_000);
      if (holder?.kind !== 'holder' || waiter?.kind !== 'waiter') throw new Error('one holds it, one waits');
      holder.release();
      await waiter.ended();
    });

    it('ends the claim of a holder that has died', async () => {
      const claim = async (ttlMs: number) => (await store.claim(['dying'], ttlMs))[0];
      expect((await claim(30))?.kind).toBe('holder');
      let next = await claim(60_000);
      while (next?.kind === 'waiter') {
        await next.ended();
        next = await claim(60_000);
      }
      expect(next?.kind).toBe('holder');
      expect((await claim(60_000))?.kind).toBe('waiter');
    });

    it('purges one cache or all', async () => {
      const set = () =>
        Promise.all([store.set('response:a', '1'), store.set('entity:a', '2', { tags: ['t'] }), store.set('b', '3')]);
      const texts = () => Promise.all(['response:a', 'entity:a', 'b'].map(text));
      await set();
      expect(await store.purge('entities')).toBe(true);
      expect(await texts()).toEqual(['1', undefined, '3']);
      expect(await store.purge()).toBe(true);
      expect(await texts()).toEqual([undefined, undefined, undefined]);
      await store.set('entity:a', 'read before', { readMsAgo: 10_000 });
      expect(await text('entity:a')).toBeUndefined();
      await set();
      expect(await texts()).toEqual(['1', '2', '3']);
    });

    it('counts for each cache what has happened', async () => {
      const before = (await store.stats()).caches.documents;
      await store.set('document:a', 'x', { ttlMs: 1, staleMs: 60_000 });
      await until(async () => ((await store.get('document:a'))?.freshMs ?? 1) <= 0);
      await store.getMany(['document:a', 'document:b']);
      const { caches, state, invalidations } = await store.stats();
      expect(before).toBeUndefined();
      expect(state).toBe('ready');
      expect(invalidations).toBeGreaterThan(0);
      expect(caches.documents).toMatchObject({ misses: 1, sets: 1 });
      expect(caches.documents?.stale).toBeGreaterThanOrEqual(2);
      expect(caches.documents?.hits).toBeGreaterThanOrEqual(2);
    });
  });
}
