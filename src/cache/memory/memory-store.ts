/**
 * A cache store in this process's memory, bounded in bytes with LRU eviction. The only import of `lru-cache` for cached
 * bytes. Synchronous; a hit takes less than a microsecond. What has been invalidated is removed when it is next looked for, or
 * makes room: see tag-stamps.ts.
 */
import { LRUCache } from 'lru-cache';
import type { CacheEntry, CacheStore, Claim, NewEntry, StoreOptions } from '../cache-store.ts';
import { type CacheSizes, StoreCounts } from '../store-counts.ts';
import { type CacheName, cacheNames, cacheOfKey, type StoreStats } from '../store-stats.ts';
import { Leases } from './leases.ts';
import type { StoredKeys } from './stored-keys.ts';
import { type Stamp, TagStamps } from './tag-stamps.ts';

export interface MemoryStoreOptions {
  /** The bound of all entries together, keys included. @default 64_000_000 */
  readonly maxBytes?: number;
  /** The bound of one value. @default an eighth of maxBytes */
  readonly maxValueBytes?: number;
  /** What has been invalidated, for all stores that are to be invalidated together. @default of its own */
  readonly stamps?: TagStamps;
  /** Told of all keys that it has. */
  readonly storedKeys?: StoredKeys;
}

/** An entry with all that another thread's store needs for storing it. */
export interface CopiedEntry extends CacheEntry {
  /** How much longer than it is fresh it is given. */
  readonly staleMs: number;
  readonly stamp: Stamp;
}

/** `CacheStore` without promises, except for `close`. */
export interface MemoryStore extends CacheStore {
  get(key: string): CacheEntry | undefined;
  getMany(keys: readonly string[]): readonly (CacheEntry | undefined)[];
  set(key: string, value: Uint8Array | string, options?: StoreOptions): void;
  setMany(entries: readonly NewEntry[]): void;
  delete(key: string): void;
  invalidate(tag: string): true;
  claim(keys: readonly string[], ttlMs: number): readonly Claim[];
  stats(): StoreStats;
  purge(cache?: CacheName): true;
  /** Frees what a purge or an invalidation by another store of the same stamps has ended; what was stored since stays. */
  free(cache?: CacheName): void;
  /** Resolves when nobody holds the key. */
  unclaimed(key: string): Promise<void>;
  /** As `get`, and not counted. */
  peek(key: string): CopiedEntry | undefined;
  /** As `set`. @returns the entry, also where it has no room here; undefined for what no store may have */
  store(entry: NewEntry): CopiedEntry | undefined;
  /** Stores an entry of another store of the same stamps; not counted. */
  put(key: string, entry: CopiedEntry): void;
  readonly sizes: CacheSizes;
  /** The size of the entries, as counted against `maxBytes`. */
  readonly bytes: number;
}

interface StoredEntry {
  readonly cache: CacheName;
  readonly size: number;
  readonly value: Buffer;
  readonly storedAt: number;
  readonly freshUntil: number;
  readonly expiresAt: number;
  readonly stamp: Stamp;
}

/** The bound of one value in a store of so many bytes. */
export function maxValueOf(maxBytes: number): number {
  return Math.floor(maxBytes / 8);
}

/** The overhead of an entry besides its bytes, measured on a million small ones. */
const entryOverhead = 500;
/** Of each number of a stamp. */
const stampNumberBytes = 8;
const noTags: readonly string[] = [];

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxBytes = 64_000_000, stamps = new TagStamps(), storedKeys } = options;
  const { maxValueBytes = maxValueOf(maxBytes) } = options;
  const leases = new Leases();
  const counts = new StoreCounts();
  const sizes = Object.fromEntries(cacheNames.map((name) => [name, { entries: 0, bytes: 0 }])) as Record<
    CacheName,
    { entries: number; bytes: number }
  >;

  const entries = new LRUCache<string, StoredEntry>({
    maxSize: maxBytes,
    dispose: ({ cache, size }, key, reason) => {
      resize(cache, -1, -size);
      storedKeys?.remove(key);
      if (reason === 'evict') counts.of(key).evictions++;
    },
  });

  function resize(cache: CacheName, entryCount: number, byteCount: number): void {
    sizes[cache].entries += entryCount;
    sizes[cache].bytes += byteCount;
  }

  function peek(key: string): CopiedEntry | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const now = performance.now();
    if (now >= entry.expiresAt || !stamps.isCurrent(entry.stamp, entry.cache)) {
      entries.delete(key);
      return undefined;
    }
    return copyOf(entry, now);
  }

  const get = (key: string): CacheEntry | undefined => counts.lookup(key, peek(key));

  function store(entry: NewEntry): CopiedEntry | undefined {
    const { key, value, ttlMs = Number.POSITIVE_INFINITY, staleMs = 0, tags = noTags, readMsAgo = 0 } = entry;
    const length = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
    const stamp =
      length <= maxValueBytes && ttlMs + staleMs > 0 ? stamps.stampOf(tags, cacheOfKey(key), readMsAgo) : undefined;
    if (stamp === undefined) {
      entries.delete(key);
      return undefined;
    }
    // An unpooled buffer: a small one from Node's pool would retain 8 KB that are not counted.
    const bytes = Buffer.allocUnsafeSlow(length);
    if (typeof value === 'string') bytes.write(value);
    else bytes.set(value);
    counts.of(key).sets++;
    const copied = { value: bytes, ageMs: 0, freshMs: ttlMs, staleMs, stamp };
    put(key, copied);
    return copied;
  }

  function put(key: string, entry: CopiedEntry): void {
    const { value, ageMs, freshMs, staleMs, stamp } = entry;
    const now = performance.now();
    const freshUntil = now + freshMs;
    const size = value.length + key.length * 2 + entryOverhead + stamp.length * stampNumberBytes;
    if (size > maxBytes || value.length > maxValueBytes) {
      entries.delete(key);
      return;
    }
    const cache = cacheOfKey(key);
    const expiresAt = freshUntil + staleMs;
    entries.set(key, { value, storedAt: now - ageMs, freshUntil, expiresAt, stamp, cache, size }, { size });
    resize(cache, 1, size);
    storedKeys?.add(key);
  }

  function free(cache?: CacheName): void {
    for (const [key, entry] of [...entries.entries()]) {
      if (cache !== undefined && entry.cache !== cache) continue;
      if (!stamps.isCurrent(entry.stamp, entry.cache)) entries.delete(key);
    }
  }

  return {
    get,
    getMany: (keys) => keys.map(get),
    peek,
    set: (key, value, stored) => void store({ key, value, ...stored }),
    setMany(list) {
      for (const entry of list) store(entry);
    },
    store,
    put,
    delete(key) {
      entries.delete(key);
    },
    invalidate(tag) {
      counts.invalidations++;
      stamps.invalidate(tag);
      return true;
    },
    claim: (keys, ttlMs) => keys.map((key) => leases.claim(key, ttlMs)),
    unclaimed: (key) => leases.ended(key),
    stats: () => counts.stats('memory', 'ready', sizes),
    purge(cache) {
      for (const name of cache === undefined ? cacheNames : [cache]) stamps.purge(name);
      free(cache);
      return true;
    },
    free,
    sizes,
    get bytes() {
      return entries.calculatedSize;
    },
    async close() {
      entries.clear();
    },
  };
}

function copyOf({ value, storedAt, freshUntil, expiresAt, stamp }: StoredEntry, now: number): CopiedEntry {
  const staleMs = Number.isFinite(freshUntil) ? expiresAt - freshUntil : 0;
  return { value, ageMs: now - storedAt, freshMs: freshUntil - now, staleMs, stamp };
}
