/**
 * Waves of 500 entities of 600 bytes in Redis, each with a tag of its own, as entities have: one round trip, and as a request for each, by turns. The server is a process
 * beside the gateway; without `redis-server` nothing is measured.
 */
import { Redis } from 'ioredis';
import { createRedisStore, type NewEntry, type RedisStore } from '../../src/cache/index.ts';
import { startRedisServer, withoutRedis } from '../../test/testkit/servers/redis-server.ts';
import { print } from '../print.ts';

const count = 500;
const rounds = 200;

export async function runRedisWaves(): Promise<void> {
  if (withoutRedis) return;
  const server = await startRedisServer();
  const store = await open(server.url);
  try {
    const entries = Array.from({ length: count }, (_, index): NewEntry => {
      const value = JSON.stringify({ id: `p${index}`, name: `Product ${index}`, description: 'x'.repeat(520) });
      const tags = ['subgraph:products', 'type:products.Product', `entity:Product(id) ["p${index}"]`];
      return { key: `entity:${'k'.repeat(43)} {"__typename":"Product","id":"p${index}"}`, value, tags, ttlMs: 600_000 };
    });
    const keys = entries.map(({ key }) => key);
    const works: Readonly<Record<string, () => unknown>> = {
      'a wave of 500 entities is read': () => store.getMany(keys),
      'the same, each by itself': () => Promise.all(keys.map((key) => store.get(key))),
      'a wave of 500 entities is written': () => store.setMany(entries),
      'an invalidation': () => store.invalidate('type:products.Other'),
    };
    await store.setMany(entries);
    await reportCpu(server.url, () => store.getMany(keys));
    const times = new Map(Object.keys(works).map((name): [string, number[]] => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, work] of Object.entries(works)) {
        const began = performance.now();
        await work();
        times.get(name)?.push(performance.now() - began);
      }
    }
    for (const [name, each] of times) report(name, each);
  } finally {
    await store.close();
    await server.kill();
  }
}

async function open(url: string): Promise<RedisStore> {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const onStateChange = (state: string) => state === 'ready' && resolve();
  const store = createRedisStore({ url, commandTimeoutMs: 5_000, onStateChange });
  await ready;
  return store;
}

/** What a wave that is read costs the gateway and Redis; the time of one is longer where they wait for a core. */
async function reportCpu(url: string, work: () => unknown): Promise<void> {
  const redis = new Redis(url);
  const ofRedis = async (): Promise<number> => {
    const text = await redis.info('cpu');
    return [...text.matchAll(/used_cpu_\w+_main_thread:([\d.]+)/g)].reduce(
      (sum, [, seconds]) => sum + Number(seconds),
      0,
    );
  };
  for (let round = 0; round < rounds; round++) await work();
  const before = await ofRedis();
  const gateway = process.cpuUsage();
  for (let round = 0; round < rounds; round++) await work();
  const { user, system } = process.cpuUsage(gateway);
  const redisMs = (((await ofRedis()) - before) * 1_000) / rounds;
  redis.disconnect();
  print(
    `of which CPU: the gateway ${((user + system) / rounds / 1_000).toFixed(2)} ms, Redis ${redisMs.toFixed(2)} ms`,
  );
}

function report(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  print(`${name}: least ${at(0)} ms, median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms`);
}
