/**
 * A cache store in this process's memory, bounded in bytes with LRU eviction. The only import of `lru-cache` for cached
 * bytes. Synchronous; a hit takes less than a microsecond.
 */
import { LRUCache } from 'lru-cache';
import type { CacheEntry, CacheStore, Claim, NewEntry, StoreOptions } from './cache-store.ts';
import { Leases } from './leases.ts';
import { StoreCounts } from './store-counts.ts';
import { type CacheName, cacheNames, cacheOfKey, type StoreStats } from './store-stats.ts';

export interface MemoryStoreOptions {
  /** The bound of all entries together, keys included. @default 64_000_000 */
  readonly maxBytes?: number;
  /** The bound of one value. @default an eighth of maxBytes */
  readonly maxValueBytes?: number;
}

/** `CacheStore` without promises, except for `close`. */
export interface MemoryStore extends CacheStore {
  get(key: string): CacheEntry | undefined;
  getMany(keys: readonly string[]): readonly (CacheEntry | undefined)[];
  /** @param options `ageMs`: how long ago it was stored, where another store had it. @default 0 */
  set(key: string, value: Uint8Array | string, options?: StoreOptions & { readonly ageMs?: number }): void;
  setMany(entries: readonly NewEntry[]): void;
  delete(key: string): void;
  invalidate(tag: string): true;
  claim(keys: readonly string[], ttlMs: number): readonly Claim[];
  stats(): StoreStats;
  purge(cache?: CacheName): true;
  /** As `get`, and not counted. */
  peek(key: string): CacheEntry | undefined;
  /** Resolves when nobody holds the key. */
  unclaimed(key: string): Promise<void>;
  /** An entry with all that another store needs for storing it; not counted. */
  copy(key: string): CopiedEntry | undefined;
  readonly sizes: Parameters<StoreCounts['stats']>[2];
  /** The size of the entries, as counted against `maxBytes`. */
  readonly bytes: number;
}

export interface CopiedEntry extends CacheEntry {
  /** How much longer than it is fresh it is given. */
  readonly staleMs: number;
  readonly tags: readonly string[];
}

interface StoredEntry {
  readonly cache: CacheName;
  readonly size: number;
  readonly value: Buffer;
  readonly storedAt: number;
  readonly freshUntil: number;
  readonly expiresAt: number;
  readonly tags: readonly string[];
}

/** The overhead of an entry besides its bytes, measured on a million small ones. */
const entryOverhead = 400;

/** The number of invalidations that are remembered by tag, to reject values computed before them. */
const maxInvalidations = 10_000;

const noTags: readonly string[] = [];

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxBytes = 64_000_000 } = options;
  const { maxValueBytes = Math.floor(maxBytes / 8) } = options;
  const keysByTag = new Map<string, Set<string>>();
  const invalidatedAt = new Map<string, number>();
  /** The time of the latest invalidation that is no longer remembered by its tag: it may concern any tag. */
  let forgottenInvalidationAt = Number.NEGATIVE_INFINITY;
  const purgedAt = new Map<CacheName, number>();
  const leases = new Leases();
  const counts = new StoreCounts();
  const sizes: Partial<Record<CacheName, { entries: number; bytes: number }>> = {};

  const entries = new LRUCache<string, StoredEntry>({
    maxSize: maxBytes,
    dispose: ({ tags, cache, size }, key, reason) => {
      for (const tag of tags) untag(tag, key);
      resize(cache, -1, -size);
      if (reason === 'evict') counts.of(key).evictions++;
    },
  });

  function resize(cache: CacheName, entryCount: number, byteCount: number): void {
    sizes[cache] ??= { entries: 0, bytes: 0 };
    const size = sizes[cache];
    size.entries += entryCount;
    size.bytes += byteCount;
  }

  function untag(tag: string, key: string): void {
    const keys = keysByTag.get(tag);
    keys?.delete(key);
    if (keys?.size === 0) keysByTag.delete(tag);
  }

  function invalidatedSince(tags: readonly string[], time: number): boolean {
    return (
      tags.length > 0 && (forgottenInvalidationAt > time || tags.some((tag) => (invalidatedAt.get(tag) ?? time) > time))
    );
  }

  function read(key: string): CacheEntry | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const now = performance.now();
    if (now < entry.expiresAt) {
      return { value: entry.value, ageMs: now - entry.storedAt, freshMs: entry.freshUntil - now };
    }
    entries.delete(key);
    return undefined;
  }

  const get = (key: string): CacheEntry | undefined => counts.lookup(key, read(key));

  function set(
    key: string,
    value: Uint8Array | string,
    options: StoreOptions & { readonly ageMs?: number } = {},
  ): void {
    const { ttlMs = Number.POSITIVE_INFINITY, staleMs = 0, tags = noTags, readMsAgo = 0, ageMs = 0 } = options;
    // First, so that the old entry's tags are removed before the new ones are added.
    entries.delete(key);
    const now = performance.now();
    const length = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
    if (length > maxValueBytes || !(ttlMs + staleMs > 0) || invalidatedSince(tags, now - readMsAgo)) return;
    const cache = cacheOfKey(key);
    if ((purgedAt.get(cache) ?? Number.NEGATIVE_INFINITY) > now - readMsAgo) return;
    // An unpooled buffer: a small one from Node's pool would retain 8 KB that are not counted.
    const bytes = Buffer.allocUnsafeSlow(length);
    if (typeof value === 'string') bytes.write(value);
    else bytes.set(value);
    const freshUntil = now + ttlMs;
    let size = length + key.length * 2 + entryOverhead;
    for (const tag of tags) size += tag.length * 2 + entryOverhead;
    if (size > maxBytes) return;
    const expiresAt = freshUntil + staleMs;
    const entry = { value: bytes, storedAt: now - ageMs, freshUntil, expiresAt, tags, cache, size };
    entries.set(key, entry, { size });
    resize(cache, 1, size);
    counts.of(key).sets++;
    for (const tag of tags) {
      const keys = keysByTag.get(tag);
      if (keys === undefined) keysByTag.set(tag, new Set([key]));
      else keys.add(key);
    }
  }

  return {
    get,
    getMany: (keys) => keys.map(get),
    peek: read,
    copy(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const { value, storedAt, freshUntil, expiresAt, tags } = entry;
      const now = performance.now();
      if (now >= expiresAt) return undefined;
      const staleMs = Number.isFinite(freshUntil) ? expiresAt - freshUntil : 0;
      return { value, ageMs: now - storedAt, freshMs: freshUntil - now, staleMs, tags };
    },
    set,
    setMany(list) {
      for (const { key, value, ...options } of list) set(key, value, options);
    },
    delete(key) {
      entries.delete(key);
    },
    invalidate(tag) {
      counts.invalidations++;
      for (const key of [...(keysByTag.get(tag) ?? [])]) entries.delete(key);
      invalidatedAt.delete(tag);
      invalidatedAt.set(tag, performance.now());
      if (invalidatedAt.size > maxInvalidations) forgetOldest();
      return true;
    },
    claim: (keys, ttlMs) => keys.map((key) => leases.claim(key, ttlMs)),
    unclaimed: (key) => leases.ended(key),
    stats: () => counts.stats('memory', 'ready', sizes),
    purge(cache) {
      for (const name of cache === undefined ? cacheNames : [cache]) purgedAt.set(name, performance.now());
      for (const [key, entry] of [...entries.entries()])
        if (cache === undefined || entry.cache === cache) entries.delete(key);
      return true;
    },
    sizes,
    get bytes() {
      return entries.calculatedSize;
    },
    async close() {
      entries.clear();
      invalidatedAt.clear();
    },
  };

  function forgetOldest(): void {
    const [oldest] = invalidatedAt;
    if (oldest === undefined) return;
    invalidatedAt.delete(oldest[0]);
    forgottenInvalidationAt = oldest[1];
  }
}
