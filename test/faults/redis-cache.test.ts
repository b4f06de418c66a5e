/** Any failure of Redis is a miss within 100 ms, and nothing but a miss. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CacheStore,
  createRedisStore,
  type RedisState,
  type RedisStore,
  type RedisStoreOptions,
} from '../../src/cache/index.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../testkit/servers/redis-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A command may take 100 ms. */
const withinMs = safetyLimit(100);

interface Watched {
  readonly store: RedisStore;
  readonly states: RedisState[];
  reach(state: RedisState): Promise<void>;
}

function open(url: string, options: Partial<RedisStoreOptions> = {}): Watched {
  const states: RedisState[] = [];
  const waiting = new Set<() => void>();
  const store = createRedisStore({
    url,
    breakerSleepMs: 300,
    ...options,
    onStateChange: (state) => {
      states.push(state);
      for (const check of waiting) check();
    },
  });
  closing.push(() => store.close());
  const reach = (state: RedisState): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (store.state !== state) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { store, states, reach };
}

async function start(port?: number, settings?: readonly string[]): Promise<RedisServer> {
  const server = await startRedisServer(port, settings);
  closing.push(() => server.kill());
  return server;
}

/** A client of the test's own, to spoil what is there. */
function spoil(url: string): Redis {
  const redis = new Redis(url);
  closing.push(() => redis.disconnect());
  return redis;
}

/** @returns the longest of several misses, in milliseconds, for each call */
async function longestMiss(store: CacheStore, times: number): Promise<number> {
  let longest = 0;
  for (let turn = 0; turn < times; turn++) {
    const began = performance.now();
    expect(await store.get('key')).toBeUndefined();
    await store.set('key', 'value');
    expect(await store.getMany(['key', 'other'])).toEqual([undefined, undefined]);
    // Each caller fills what it misses.
    const [claim] = await store.claim([`claim ${turn}`], 10_000);
    expect(claim?.kind).toBe('holder');
    if (claim?.kind === 'holder') claim.release();
    longest = Math.max(longest, (performance.now() - began) / 4);
  }
  return longest;
}

async function eventually(holds: () => Promise<boolean>, withinMs: number): Promise<number> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > withinMs) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - began;
}

async function works(store: CacheStore): Promise<boolean> {
  await store.set('probe', 'value');
  return (await store.get('probe'))?.value.toString() === 'value';
}

describe.skipIf(withoutRedis)('the Redis cache', () => {
  it('starts without Redis, costs nothing meanwhile, and works once Redis runs', async () => {
    const server = await start();
    await server.kill();
    const { store, states } = open(server.url);
    expect(await longestMiss(store, 100)).toBeLessThan(withinMs);
    expect(await store.invalidate('tag')).toBe(false);
    await start(server.port);
    await eventually(() => works(store), safetyLimit(5_000));
    expect(states[0]).toBe('disconnected');
    expect(states.at(-1)).toBe('ready');
    const { failures, caches } = await store.stats();
    expect(failures).toBeGreaterThan(300);
    expect(caches.other?.misses).toBeGreaterThan(300);
  });

  it('is a miss when Redis is killed during calls, and works again when it is back', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value');
    server.pause();
    const calls = Promise.all(Array.from({ length: 20 }, () => store.get('key')));
    await server.kill();
    const began = performance.now();
    expect(await calls).toEqual(Array(20).fill(undefined));
    expect(performance.now() - began).toBeLessThan(withinMs);
    expect(await longestMiss(store, 20)).toBeLessThan(withinMs);
    await start(server.port);
    await eventually(() => works(store), safetyLimit(5_000));
  });

  it('lets those who wait for another gateway go on when Redis dies', async () => {
    const server = await start();
    const [one, other] = [open(server.url), open(server.url)];
    await Promise.all([one.reach('ready'), other.reach('ready')]);
    expect((await one.store.claim(['key'], 600_000))[0]?.kind).toBe('holder');
    const [waiter] = await other.store.claim(['key'], 600_000);
    expect(waiter?.kind).toBe('waiter');
    await server.kill();
    if (waiter?.kind === 'waiter') await waiter.ended();
    expect((await other.store.claim(['key'], 600_000))[0]?.kind).toBe('holder');
  });

  it('is a miss when Redis is paused, then rests, and recovers with Redis', async () => {
    const server = await start();
    const { store, states, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value');
    server.pause();
    for (let turn = 0; turn < 5; turn++) {
      const began = performance.now();
      expect(await store.get('key')).toBeUndefined();
      const took = performance.now() - began;
      expect(took).toBeGreaterThan(80);
      expect(took).toBeLessThan(withinMs);
    }
    expect(states.at(-1)).toBe('breaker_open');
    expect(await longestMiss(store, 1_000)).toBeLessThan(withinMs);
    server.resume();
    await eventually(async () => (await store.get('key'))?.value.toString() === 'value', safetyLimit(5_000));
    expect(states.at(-1)).toBe('ready');
  });

  it('asks once for all that is looked for in one turn, however many look', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value');
    const statistics = spoil(server.url);
    await store.get('key');
    const asked = async () => {
      const scripts = (await statistics.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g);
      return [...scripts].reduce((sum, [, calls]) => sum + Number(calls), 0);
    };
    const before = await asked();
    const looking = Array.from({ length: 5_000 }, (_, index) => store.getMany(['key', `other ${index % 10}`]));
    for (const [entry, other] of await Promise.all(looking)) {
      expect(entry?.value.toString()).toBe('value');
      expect(other).toBeUndefined();
    }
    expect(await asked()).toBe(before + 1);
    const { failures, caches } = await store.stats();
    expect([failures, caches.other?.hits, caches.other?.misses]).toEqual([0, 5_001, 5_000]);
  });

  it('keeps its connection while this thread is busy', async () => {
    const server = await start();
    const { store, states, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value');
    for (let turn = 0; turn < 2; turn++) {
      const reading = store.get('key');
      await new Promise((resolve) => setImmediate(resolve));
      const until = performance.now() + 1_200;
      while (performance.now() < until);
      expect((await reading)?.value.toString()).toBe('value');
    }
    expect(states).toEqual(['ready']);
  });

  it('ends a connection that owes an answer for a second', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    server.pause();
    // Too few for the circuit to open.
    expect(await store.get('key')).toBeUndefined();
    await reach('disconnected');
    server.resume();
    await eventually(() => works(store), safetyLimit(5_000));
  });

  it('is a miss when Redis answers after the command timeout', async () => {
    const server = await start();
    let delayMs = 0;
    const slow = await listen((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      client.pipe(upstream);
      upstream.on('data', (chunk) => setTimeout(() => client.writable && client.write(chunk), delayMs));
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    const { store, reach } = open(slow);
    await reach('ready');
    expect(await works(store)).toBe(true);
    delayMs = 200;
    expect(await longestMiss(store, 10)).toBeLessThan(withinMs);
    expect(await longestMiss(store, 100)).toBeLessThan(withinMs);
    delayMs = 0;
    await eventually(() => works(store), safetyLimit(5_000));
  });

  it('is a miss with a server of another protocol', async () => {
    const { store } = open(
      await listen((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect(await longestMiss(store, 50)).toBeLessThan(withinMs);
  });

  it('is a miss with a server that accepts and stays silent', async () => {
    const { store } = open(await listen((socket) => void socket.on('error', () => undefined)));
    expect(await longestMiss(store, 50)).toBeLessThan(withinMs);
  });

  it('still reads when Redis is full, and stores nothing', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value', { tags: ['tag'] });
    await spoil(server.url).config('SET', 'maxmemory', '1');
    for (let turn = 0; turn < 10; turn++) await store.set(`other ${turn}`, 'value', { tags: ['tag'] });
    expect(await store.get('other 0')).toBeUndefined();
    expect((await store.get('key'))?.value.toString()).toBe('value');
  });

  it('invalidates in a Redis that is full, and stores nothing afterwards that was read before', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value', { tags: ['tag'] });
    await store.set('other', 'value', { tags: ['another tag'] });
    const admin = spoil(server.url);
    await admin.config('SET', 'maxmemory', '1');
    expect(await store.invalidate('tag')).toBe(true);
    const invalidatedAt = performance.now();
    expect(await store.get('key')).toBeUndefined();
    expect((await store.get('other'))?.value.toString()).toBe('value');
    await admin.config('SET', 'maxmemory', '0');
    const readMsAgo = performance.now() - invalidatedAt + 5_000;
    await store.set('late', 'read before', { tags: ['tag'], readMsAgo });
    expect(await store.get('late')).toBeUndefined();
    await store.set('new', 'read after', { tags: ['tag'] });
    expect((await store.get('new'))?.value.toString()).toBe('read after');
  });

  it('reports that it cannot invalidate in a full Redis that nothing was ever stored in', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await spoil(server.url).config('SET', 'maxmemory', '1');
    expect(await store.invalidate('tag')).toBe(false);
  });

  it('still reads when Redis has become a read-only replica, and reports that it cannot invalidate', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await store.set('key', 'value', { tags: ['tag'] });
    const admin = spoil(server.url);
    await admin.config('SET', 'replica-serve-stale-data', 'yes');
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    expect(await store.invalidate('tag')).toBe(false);
    await store.set('other', 'value');
    await eventually(async () => (await store.get('key'))?.value.toString() === 'value', safetyLimit(5_000));
    expect(await store.get('other')).toBeUndefined();
    await admin.call('REPLICAOF', 'NO', 'ONE');
    await eventually(() => works(store), safetyLimit(5_000));
  });

  it('deletes invalid entries', async () => {
    const server = await start();
    const { store, reach } = open(server.url, { prefix: 'p:', maxValueBytes: 100_000 });
    await reach('ready');
    const redis = spoil(server.url);
    const kinds: readonly ((key: string) => Promise<unknown>)[] = [
      (key) => redis.set(key, 'garbage'),
      (key) => redis.set(key, ''),
      (key) => redis.set(key, Buffer.from([0xff, 0x00, 0x0a, 0xfe])),
      (key) => redis.set(key, 'i1 1 2 zz\nvalue'),
      (key) => redis.set(key, 'i1 1 99999999999999 deadbeef\nvalue'),
      (key) => redis.setrange(key, 120, 'flipped'),
      (key) => redis.set(key, Buffer.alloc(200_000, 'i1 ')),
      (key) => redis.del(key).then(() => redis.hset(key, 'a', 'b')),
      (key) => redis.del(key).then(() => redis.lpush(key, 'a')),
    ];
    for (const [index, write] of kinds.entries()) {
      await store.set('key', 'a value that is long enough to be changed in its middle, and then some more');
      const [key] = await redis.keys('p:e:*');
      expect(key, `${index}`).toBeDefined();
      await write(key ?? '');
      expect(await store.get('key'), `${index}`).toBeUndefined();
      await eventually(async () => (await redis.exists(key ?? '')) === 0, 1_000).catch((error: unknown) => {
        throw new Error(`kind ${index} is still there`, { cause: error });
      });
    }
  });

  it('treats a damaged or evicted tag as invalidated', async () => {
    const server = await start();
    const { store, reach } = open(server.url, { prefix: 'p:' });
    await reach('ready');
    const redis = spoil(server.url);
    for (const write of [
      (tag: string) => redis.del(tag),
      (tag: string) => redis.set(tag, 'garbage'),
      (tag: string) => redis.del(tag).then(() => redis.hset(tag, 'a', 'b')),
    ]) {
      await store.set('key', 'value', { tags: ['tag'] });
      expect(await store.get('key')).toBeDefined();
      const [tag] = await redis.keys('p:t:*');
      await write(tag ?? '');
      expect(await store.get('key')).toBeUndefined();
    }
  });

  it('stores nothing in Redis for ever, and no user text in a key', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    await store.set('secret question', 'value', { tags: ['secret tag'] });
    await store.invalidate('another secret');
    const redis = spoil(server.url);
    const keys = await redis.keys('*');
    expect(keys).toHaveLength(7);
    for (const key of keys) {
      expect(key).toMatch(/^isthmus:((e:other:[\w-]{32}|t:[\w-]{16})|m|j(:names)?)$/);
      expect(await redis.pttl(key)).toBeGreaterThan(0);
    }
  });

  it('works again after Redis has lost its scripts', async () => {
    const server = await start();
    const { store, reach } = open(server.url);
    await reach('ready');
    expect(await works(store)).toBe(true);
    await spoil(server.url).script('FLUSH');
    expect(await works(store)).toBe(true);
  });
});

async function listen(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
