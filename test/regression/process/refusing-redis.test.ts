/** A Redis that refuses every command is not a ready cache: it is logged, and requests do not wait for it. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisStore, type RedisState } from '../../../src/cache/redis/redis-store.ts';
import { startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function storeAt(url: string) {
  const told: { state: RedisState; reason: string | undefined }[] = [];
  const onStateChange = (state: RedisState, reason: string | undefined): void => void told.push({ state, reason });
  const store = createRedisStore({ url, breakerSleepMs: 50, onStateChange });
  cleanups.push(() => store.close());
  return { store, told };
}

/** Accepts the greeting, and refuses all other commands, counted by `commands`. */
async function refusingServer() {
  const greetings: Readonly<Record<string, string>> = {
    hello: '%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n',
    info: '$9\r\nloading:0\r\n',
  };
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const [, name = ''] of String(chunk).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        const greeting = greetings[name.toLowerCase()];
        if (greeting === undefined) counted.commands++;
        socket.write(greeting ?? '-ERR unknown command\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const counted = { commands: 0, url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}` };
  cleanups.push(() => server.close());
  return counted;
}

describe('a Redis that refuses everything', () => {
  it.skipIf(withoutRedis)('for a missing password is never reported as ready, and its reason is reported', async () => {
    const redis = await startRedisServer(undefined, ['--requirepass', 'secret']);
    cleanups.push(() => redis.kill());
    const { store, told } = storeAt(redis.url);
    await expect.poll(() => told).not.toEqual([]);
    expect(told).toEqual([{ state: 'disconnected', reason: expect.stringContaining('NOAUTH') }]);
    expect(store.state).toBe('disconnected');
    expect(await store.get('a')).toBeUndefined();
  });

  it.skipIf(withoutRedis)('for a missing permission is reported as refusing', async () => {
    const redis = await startRedisServer();
    cleanups.push(() => redis.kill());
    const admin = new Redis(redis.url);
    await admin.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+info', '+client', '+select', '+hello');
    admin.disconnect();
    const { told } = storeAt(redis.url.replace('redis://', 'redis://reader:secret@'));
    await expect.poll(() => told).not.toEqual([]);
    expect(told).toEqual([{ state: 'refusing', reason: expect.stringContaining('NOPERM') }]);
  });

  it('by not being Redis is tried at intervals, not by every request', async () => {
    const server = await refusingServer();
    const { store, told } = storeAt(server.url);
    await expect.poll(() => told.map(({ state }) => state)).toContain('refusing');
    expect(told.map(({ state }) => state)).not.toContain('ready');
    const before = server.commands;
    for (let count = 0; count < 200; count++) await store.get(`key ${count}`);
    expect(server.commands - before).toBeLessThan(20);
  });

  it.skipIf(withoutRedis)('is ready again once it grants something', async () => {
    const redis = await startRedisServer(undefined, ['--requirepass', 'secret']);
    cleanups.push(() => redis.kill());
    const { store, told } = storeAt(redis.url);
    await expect.poll(() => told).toHaveLength(1);
    const owner = storeAt(redis.url.replace('redis://', 'redis://:secret@'));
    await expect.poll(() => owner.told).toEqual([{ state: 'ready', reason: undefined }]);
    const admin = new Redis(redis.url.replace('redis://', 'redis://:secret@'));
    await admin.config('SET', 'requirepass', '');
    admin.disconnect();
    await vi.waitFor(async () => {
      await store.get('a');
      expect(told.at(-1)).toEqual({ state: 'ready', reason: undefined });
    }, 30_000);
    await store.set('a', 'b');
    expect(String((await store.get('a'))?.value)).toBe('b');
  });
});
