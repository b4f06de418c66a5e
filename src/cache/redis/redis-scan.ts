/** Looks through all entries in Redis: rarely, for what an operator asks. */
import { inTime, type RedisConnection } from '../../redis/index.ts';
import type { CacheSizes } from '../store-counts.ts';
import { type CacheName, cacheNames } from '../store-stats.ts';

type Node = ReturnType<RedisConnection<unknown>['primaries']>[number];

const pageKeys = 2_000;
const pageTimeoutMs = 1_000;
/** Longer than a million keys take. */
const scanMs = 5_000;
/** How many entries of a cache are measured. */
const sampleSize = 200;

/** Removes all entries of a pattern. @returns false where a server does not answer */
export async function removeEntries(connection: RedisConnection<unknown>, pattern: string): Promise<boolean> {
  const remove = (node: Node) =>
    scan(node, pattern, Number.POSITIVE_INFINITY, async (keys) => {
      // One by one: in a cluster, keys of one command must be in one slot.
      await Promise.all(keys.map((key) => node.unlink(key)));
    });
  const outcomes = await Promise.all(connection.primaries().map(remove));
  return outcomes.every((isWhole) => isWhole);
}

/** How many entries each cache has, and about how many bytes. Empty where there are too many to be counted. */
export async function sizesOf(connection: RedisConnection<unknown>, pattern: string): Promise<CacheSizes> {
  const counts = new Map(cacheNames.map((name) => [name, { entries: 0, sampled: 0, bytes: 0 }]));
  const count = (node: Node) =>
    scan(node, pattern, scanMs, async (keys) => {
      await Promise.all(
        keys.map(async (key) => {
          const ofCache = counts.get(cacheOf(key));
          if (ofCache === undefined) return;
          ofCache.entries++;
          if (ofCache.sampled >= sampleSize) return;
          ofCache.sampled++;
          ofCache.bytes += (await node.strlen(key)) + key.length;
        }),
      );
    });
  const outcomes = await Promise.all(connection.primaries().map(count));
  if (outcomes.includes(false)) return {};
  return Object.fromEntries(
    [...counts].map(([name, { entries, sampled, bytes }]) => [
      name,
      { entries, bytes: sampled === 0 ? 0 : Math.round((bytes / sampled) * entries) },
    ]),
  );
}

function cacheOf(key: string): CacheName {
  return (/e:([a-z]+):[^:]*$/.exec(key)?.[1] ?? 'other') as CacheName;
}

/** @returns whether all was looked through */
async function scan(
  node: Node,
  pattern: string,
  timeoutMs: number,
  onPage: (keys: readonly string[]) => Promise<void>,
): Promise<boolean> {
  const began = performance.now();
  let cursor = '0';
  try {
    do {
      const page = node.scan(cursor, 'MATCH', pattern, 'COUNT', pageKeys);
      const [next, keys] = await inTime(page, pageTimeoutMs);
      await inTime(onPage(keys), pageTimeoutMs);
      cursor = next;
    } while (cursor !== '0' && performance.now() - began < timeoutMs);
  } catch {
    return false;
  }
  return cursor === '0';
}
