/** A cache in Redis outlives the server that it is on: behind Sentinels, and in a cluster. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../../src/cache/index.ts';
import { RedisCounters } from '../../src/counters/index.ts';
import { startRedisCluster } from '../testkit/servers/redis-cluster.ts';
import { startRedisSentinel } from '../testkit/servers/redis-sentinel.ts';
import { withoutRedis } from '../testkit/servers/redis-server.ts';
import { TestAuthority } from '../testkit/servers/test-authority.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(url: string, options: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const onStateChange: RedisStoreOptions['onStateChange'] = (state) => state === 'ready' && resolve();
  const store = createRedisStore({ url, breakerSleepMs: 100, commandTimeoutMs: 2_000, ...options, onStateChange });
  closing.push(() => store.close());
  await ready;
  return store;
}

/** A Sentinel that was held up for 2 s does nothing for 30 s (its TILT mode): on a busy machine that comes first. */
const failover = { timeout: 100_000 };

const textOf = async (store: RedisStore, key: string) => (await store.get(key))?.value.toString();

describe.skipIf(withoutRedis)('a cache behind Sentinels', () => {
  it('is that of the new primary once the old one has died', async () => {
    const sentinel = await startRedisSentinel();
    closing.push(() => sentinel.kill());
    const store = await open(sentinel.url);
    const counters = new RedisCounters({ url: sentinel.url });
    closing.push(() => counters.close());
    await counters.connected(10_000);
    await store.set('key', 'value', { tags: ['tag'] });
    const replica = new Redis(sentinel.replica.url);
    closing.push(() => replica.disconnect());
    await expect.poll(() => replica.keys('isthmus:e:*'), failover).toHaveLength(1);
    await sentinel.primary.kill();
    expect(await store.get('key')).toBeUndefined();
    await expect.poll(() => textOf(store, 'key'), failover).toBe('value');
    await expect.poll(() => store.invalidate('tag'), failover).toBe(true);
    expect(await store.get('key')).toBeUndefined();
    const count = () => counters.add([{ key: 'calls', amount: 1, max: 10 }]).then(({ kind }) => kind);
    await expect.poll(count, failover).toBe('added');
  }, 240_000);
});

describe.skipIf(withoutRedis)('a cache in a cluster with TLS', () => {
  it('is used where its certificates are trusted, and is a miss where they are not', async () => {
    const authority = new TestAuthority();
    closing.push(() => authority.remove());
    const trusted = getCACertificates('default');
    closing.push(() => setDefaultCACertificates(trusted));
    setDefaultCACertificates([...trusted, authority.ca]);
    const cluster = await startRedisCluster({ ...authority.issue(), caFile: authority.caFile });
    closing.push(() => cluster.kill());
    const store = await open(cluster.url);
    const keys = Array.from({ length: 60 }, (_, index) => `entity:${index}`);
    await store.setMany(keys.map((key) => ({ key, value: `of ${key}`, tags: ['tag'] })));
    expect((await store.getMany(keys)).map((entry) => entry?.value.toString())).toEqual(keys.map((key) => `of ${key}`));
    expect(await store.invalidate('tag')).toBe(true);
    expect((await store.getMany(keys)).every((entry) => entry === undefined)).toBe(true);

    setDefaultCACertificates(trusted);
    const { promise: refused, resolve } = Promise.withResolvers<string>();
    const distrusting = createRedisStore({
      url: cluster.url,
      onStateChange: (state, reason) => reason !== undefined && resolve(`${state}: ${reason}`),
    });
    closing.push(() => distrusting.close());
    expect(await refused).toContain('disconnected');
    expect(await distrusting.get('entity:1')).toBeUndefined();
  });
});

describe.skipIf(withoutRedis)('a cache in a cluster', () => {
  it('is spread evenly, serves what is on other nodes while one is down, and counts what it missed', async () => {
    const cluster = await startRedisCluster();
    closing.push(() => cluster.kill());
    const store = await open(cluster.url);
    const keys = Array.from({ length: 300 }, (_, index) => `entity:${index}`);
    await store.setMany(keys.map((key) => ({ key, value: `of ${key}`, tags: ['tag'] })));
    const sizes = await Promise.all(
      cluster.nodes.map(async ({ url }) => {
        const node = new Redis(url);
        node.on('error', () => undefined);
        closing.push(() => node.disconnect());
        return (await node.keys('isthmus:{*}e:entities:*')).length;
      }),
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBe(300);
    expect(Math.min(...sizes)).toBeGreaterThan(40);
    expect((await store.stats({ withSizes: true })).caches.entities?.entries).toBe(300);

    const counters = new RedisCounters({ url: cluster.url });
    closing.push(() => counters.close());
    await counters.connected(10_000);
    const changes = ['one', 'other'].map((key) => ({ key, amount: 2, max: 10 }));
    expect((await counters.add(changes)).kind).toBe('added');

    await cluster.nodes[0]?.kill();
    const hits = async () => (await store.getMany(keys)).filter((entry) => entry !== undefined).length;
    await expect.poll(hits, { timeout: 30_000 }).toBe(300 - (sizes[0] ?? 0));
    expect(await store.invalidate('tag')).toBe(false);
    expect((await store.stats()).failures).toBeGreaterThan(0);
  });
});
