/** Memory before Redis: two gateways, each with memory of its own, and what one invalidates. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { type CacheStore, createRedisStore, createTieredStore } from '../../src/cache/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../testkit/servers/redis-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function gateways(): Promise<{
  readonly server: RedisServer;
  readonly stores: readonly [CacheStore, CacheStore];
}> {
  const server = await startRedisServer();
  closing.push(() => server.kill());
  const open = async (): Promise<CacheStore> => {
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const onStateChange = (state: string) => state === 'ready' && resolve();
    const redis = createRedisStore({ url: server.url, commandTimeoutMs: 1_000, breakerSleepMs: 100, onStateChange });
    const store = createTieredStore({ redis, maxBytes: 1_000_000, memoryMs: 60_000 });
    closing.push(() => store.close());
    await ready;
    return store;
  };
  return { server, stores: [await open(), await open()] };
}

const textOf = async (store: CacheStore, key: string) => (await store.get(key))?.value.toString();

/** The journal has answered, and the entry is in memory. */
const untilInMemory = (store: CacheStore, key: string) =>
  expect.poll(() => store.get(key) instanceof Promise, { timeout: 30_000, interval: 20 }).toBe(false);

describe.skipIf(withoutRedis)('a cache in memory and Redis', () => {
  it('answers from memory, until another gateway invalidates', async () => {
    const { server, stores } = await gateways();
    const [one, other] = stores;
    await one.set('key', 'value', { ttlMs: 60_000, tags: ['tag'] });
    await one.set('another', 'value', { ttlMs: 60_000, tags: ['other'] });
    expect(await textOf(other, 'key')).toBe('value');
    await untilInMemory(other, 'key');
    await untilInMemory(other, 'another');
    // Without Redis’s entry it can only come from memory.
    const redis = new Redis(server.url);
    closing.push(() => redis.disconnect());
    await redis.unlink(...(await redis.keys('isthmus:e:*')));
    expect(await textOf(other, 'another')).toBe('value');

    expect(await one.invalidate('tag')).toBe(true);
    expect(await textOf(one, 'key')).toBeUndefined();
    await expect.poll(() => textOf(other, 'key'), { timeout: 30_000 }).toBeUndefined();
    expect(await textOf(other, 'another')).toBe('value');
  });

  it('is invalidated by another gateway in a Redis that is full', async () => {
    const { server, stores } = await gateways();
    const [one, other] = stores;
    await one.set('key', 'value', { ttlMs: 60_000, tags: ['tag'] });
    await one.set('another', 'value', { ttlMs: 60_000, tags: ['other'] });
    await untilInMemory(other, 'key');
    const redis = new Redis(server.url);
    closing.push(() => redis.disconnect());
    await redis.config('SET', 'maxmemory', '1');
    // It reads the journal all the same.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await untilInMemory(other, 'key');
    expect(await one.invalidate('tag')).toBe(true);
    expect(await textOf(one, 'key')).toBeUndefined();
    await expect.poll(() => textOf(other, 'key'), { timeout: 30_000 }).toBeUndefined();
    // Redis still answers what has not been invalidated.
    expect(await textOf(other, 'another')).toBe('value');
    await redis.config('SET', 'maxmemory', '0');
    await untilInMemory(other, 'another');
    expect(await textOf(other, 'key')).toBeUndefined();
  });

  it('does not use memory while it cannot know what is invalidated', async () => {
    const { server, stores } = await gateways();
    const [one] = stores;
    await one.set('key', 'value', { ttlMs: 60_000 });
    await untilInMemory(one, 'key');
    server.pause();
    await expect.poll(() => textOf(one, 'key'), { timeout: 30_000 }).toBeUndefined();
    server.resume();
    await expect.poll(() => textOf(one, 'key'), { timeout: 30_000 }).toBe('value');
  });

  it('forgets all that is in memory where Redis has lost what was invalidated', async () => {
    const { server, stores } = await gateways();
    const [one, other] = stores;
    await one.invalidate('tag');
    await one.set('key', 'value', { ttlMs: 60_000 });
    expect(await textOf(other, 'key')).toBe('value');
    await untilInMemory(other, 'key');
    const redis = new Redis(server.url);
    closing.push(() => redis.disconnect());
    await redis.flushall();
    await expect.poll(() => textOf(other, 'key'), { timeout: 30_000 }).toBeUndefined();
  });

  it('keeps an entry in memory for a bounded time, and no stale one', async () => {
    const { stores } = await gateways();
    const [one, other] = stores;
    await one.set('key', 'old', { ttlMs: 1, staleMs: 60_000 });
    await expect.poll(async () => (await other.get('key'))?.freshMs ?? 1).toBeLessThanOrEqual(0);
    await one.set('key', 'new', { ttlMs: 60_000 });
    expect(await textOf(other, 'key')).toBe('new');
    const { caches, kind, state } = await other.stats({ withSizes: true });
    expect({ kind, state }).toEqual({ kind: 'memory and redis', state: 'ready' });
    expect(caches.other?.entries).toBe(1);
  });
});
