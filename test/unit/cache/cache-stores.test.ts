import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CacheStores } from '../../../src/cache/index.ts';
import { createLogger } from '../../../src/observability/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

const log = createLogger({ level: 'silent' });
const memory = { store: { kind: 'memory' }, maxBytes: 1_000_000 } as const;

describe('the stores of a thread', () => {
  it('are invalidated, purged and counted together', async () => {
    const stores = new CacheStores();
    const [one, other] = [stores.open(memory, log), stores.open(memory, log)];
    await one.set('entity:a', '1', { tags: ['tag'] });
    await other.set('answer:a', '2', { tags: ['tag'] });
    await other.set('answer:b', '3');
    const [stats, ...more] = await stores.stats();
    expect(more).toEqual([]);
    expect(stats?.caches).toMatchObject({ entities: { sets: 1, entries: 1 }, models: { sets: 2, entries: 2 } });
    expect(await stores.invalidate(['tag'])).toBe(true);
    expect([await one.get('entity:a'), await other.get('answer:a')]).toEqual([undefined, undefined]);
    expect((await other.get('answer:b'))?.value.toString()).toBe('3');
    expect(await stores.purge('models')).toBe(true);
    expect(await other.get('answer:b')).toBeUndefined();
    await Promise.all([one.close(), other.close()]);
    expect(await stores.stats()).toEqual([]);
  });

  describe.skipIf(withoutRedis)('in Redis', () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedisServer();
    });
    afterAll(() => server.kill());

    it('share one connection where they are configured alike, until the last is closed', async () => {
      const stores = new CacheStores();
      const config = { store: { kind: 'redis', url: server.url }, maxBytes: 1_000_000 } as const;
      const [one, other] = [stores.open(config, log), stores.open(config, log)];
      await expect.poll(async () => (await one.stats()).state, { timeout: 30_000 }).toBe('ready');
      // Without a connection of its own to wait for.
      expect((await other.stats()).state).toBe('ready');
      await one.set('entity:a', '1');
      expect((await other.get('entity:a'))?.value.toString()).toBe('1');
      // Counted once.
      expect((await stores.stats())[0]?.caches.entities).toMatchObject({ sets: 1, hits: 1 });
      await one.close();
      expect((await other.get('entity:a'))?.value.toString()).toBe('1');
      await other.close();
      await expect.poll(async () => (await other.stats()).state, { timeout: 30_000 }).toBe('disconnected');
    });
  });
});
