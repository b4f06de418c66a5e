/**
 * Redis with a part of it in memory: what was read or stored in the last seconds is answered without a round trip.
 *
 * What any gateway invalidates is listed in a journal in Redis, which this one asks for every 300 ms while it is used. Memory is
 * used only while the last answer to that question is younger than 900 ms: so an invalidation is seen within a second whatever is
 * lost, and while Redis does not answer, memory is not used either. Asking needs no second connection, works in a
 * cluster and after a failover, and notices what a subscription would lose.
 */
import type { CacheEntry, CacheStore, NewEntry } from '../cache-store.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { TagStamps } from '../memory/tag-stamps.ts';
import { StoreCounts } from '../store-counts.ts';
import { cacheNames, cacheOfKey } from '../store-stats.ts';
import type { RemoteEntry } from './entry-format.ts';
import { purgeTag, tagName } from './redis-keys.ts';
import type { JournalNews, RedisStore } from './redis-store.ts';

export interface TieredStoreOptions {
  readonly redis: RedisStore;
  /** The bound of what is in memory. */
  readonly maxBytes: number;
  /** How long an entry is at most used from memory. @default 10_000 */
  readonly memoryMs?: number;
}

const followEveryMs = 300;
const maxLagMs = 900;

export function createTieredStore({ redis, maxBytes, memoryMs = 10_000 }: TieredStoreOptions): CacheStore {
  const stamps = new TagStamps();
  const front = createMemoryStore({ maxBytes, stamps });
  const counts = new StoreCounts();
  /** When the journal’s last answer was asked for. */
  let followedAt = Number.NEGATIVE_INFINITY;
  let last: Pick<JournalNews, 'token' | 'length'> = { token: '', length: 0 };
  let isUsed = false;
  let isFollowing = false;
  let isClosed = false;

  /** Whether memory may be used now. Whoever asks makes the journal be followed. */
  function canUseFront(): boolean {
    isUsed = true;
    if (!isFollowing) void follow();
    return performance.now() - followedAt < maxLagMs;
  }

  async function follow(): Promise<void> {
    isFollowing = true;
    while (isUsed && !isClosed) {
      isUsed = false;
      const beganAt = performance.now();
      const news = await redis.follow(last);
      if (news !== undefined) {
        if (news.names === undefined) for (const name of cacheNames) stamps.purge(name);
        else for (const name of news.names) stamps.invalidate(name);
        last = news;
        followedAt = beganAt;
      }
      await new Promise<void>((resolve) => setTimeout(resolve, followEveryMs).unref());
    }
    isFollowing = false;
  }

  /** @param readMsAgo what has been invalidated since is not put into memory */
  function putInFront(key: string, entry: CacheEntry, tagNames: readonly string[], readMsAgo: number): void {
    const { value, ageMs, freshMs } = entry;
    // What is stale, another gateway may renew at any time.
    if (freshMs <= 0) return;
    const stamp = stamps.stampOf(tagNames, cacheOfKey(key), readMsAgo);
    if (stamp === undefined) return;
    // It expires in memory before it does in Redis; how long it is fresh does not change.
    const staleMs = Math.min(freshMs, memoryMs) - freshMs;
    front.put(key, { value: copyOf(value), ageMs, freshMs, staleMs, stamp });
  }

  async function readMany(keys: readonly string[]): Promise<readonly (RemoteEntry | undefined)[]> {
    const beganAt = performance.now();
    const entries = await redis.getMany(keys);
    const readMsAgo = performance.now() - beganAt;
    for (const [index, entry] of entries.entries())
      if (entry !== undefined) putInFront(keys[index] as string, entry, entry.tagNames, readMsAgo);
    return entries;
  }

  function setMany(list: readonly NewEntry[]): ReturnType<CacheStore['setMany']> {
    for (const { key, value, ttlMs = Number.POSITIVE_INFINITY, tags = [], readMsAgo = 0 } of list) {
      counts.of(key).sets++;
      front.delete(key);
      const names = [...tags, purgeTag(cacheOfKey(key))].map(tagName);
      const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
      if (ttlMs > 0) putInFront(key, { value: bytes, ageMs: 0, freshMs: ttlMs }, names, readMsAgo);
    }
    return redis.setMany(list);
  }

  return {
    get(key) {
      const entry = canUseFront() ? front.peek(key) : undefined;
      if (entry !== undefined) return counts.lookup(key, entry);
      return readMany([key]).then(([remote]) => counts.lookup(key, remote));
    },
    getMany(keys) {
      const isFrontUsable = canUseFront();
      const entries: (CacheEntry | undefined)[] = keys.map((key) => (isFrontUsable ? front.peek(key) : undefined));
      const count = () => entries.map((entry, index) => counts.lookup(keys[index] as string, entry));
      const missing = entries.flatMap((entry, index) => (entry === undefined ? [index] : []));
      if (missing.length === 0) return count();
      return readMany(missing.map((index) => keys[index] as string)).then((remote) => {
        for (const [position, index] of missing.entries()) entries[index] = remote[position];
        return count();
      });
    },
    set: (key, value, options) => setMany([{ key, value, ...options }]),
    setMany,
    delete(key) {
      front.delete(key);
      return redis.delete(key);
    },
    async invalidate(tag) {
      counts.invalidations++;
      const isDone = await redis.invalidate(tag);
      // Here at once, and after Redis: what was read there meanwhile goes, too.
      stamps.invalidate(tagName(tag));
      return isDone;
    },
    claim: (keys, ttlMs) => redis.claim(keys, ttlMs),
    async stats(options) {
      const ofRedis = await redis.stats(options);
      counts.failures = ofRedis.failures;
      return counts.stats('memory and redis', ofRedis.state, ofRedis.caches);
    },
    async purge(cache) {
      const isDone = await redis.purge(cache);
      front.purge(cache);
      return isDone;
    },
    async close() {
      isClosed = true;
      await Promise.all([front.close(), redis.close()]);
    },
  };
}

/** A buffer of its own: one of Redis’s is a part of all that arrived with it. */
function copyOf(value: Buffer): Buffer {
  const bytes = Buffer.allocUnsafeSlow(value.length);
  bytes.set(value);
  return bytes;
}
