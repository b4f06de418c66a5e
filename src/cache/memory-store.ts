/**
 * A cache store in this process's memory, bounded in bytes with LRU eviction. The only import of `lru-cache` for cached
 * bytes. Synchronous; a hit takes less than a microsecond.
 */
import { LRUCache } from 'lru-cache';
import type { CacheEntry, CacheStore, StoreOptions } from './cache-store.ts';

export interface MemoryStoreOptions {
  /** The bound of all entries together, keys included. @default 64_000_000 */
  readonly maxBytes?: number;
  /** The bound of one value. @default an eighth of maxBytes */
  readonly maxValueBytes?: number;
}

/** `CacheStore` without promises, except for `close`. */
export interface MemoryStore extends CacheStore {
  get(key: string): CacheEntry | undefined;
  /** @param options `ageMs`: how long ago it was stored, where another store had it. @default 0 */
  set(key: string, value: Uint8Array | string, options?: StoreOptions & { readonly ageMs?: number }): void;
  delete(key: string): void;
  invalidate(tag: string): true;
  /** An entry with all that another store needs for storing it. */
  copy(key: string): CopiedEntry | undefined;
  /** The size of the entries, as counted against `maxBytes`. */
  readonly bytes: number;
}

export interface CopiedEntry extends CacheEntry {
  /** How much longer than it is fresh it is given. */
  readonly staleMs: number;
  readonly tags: readonly string[];
}

interface StoredEntry {
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

  const entries = new LRUCache<string, StoredEntry>({
    maxSize: maxBytes,
    dispose: ({ tags }, key) => {
      for (const tag of tags) untag(tag, key);
    },
  });

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

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const now = performance.now();
      if (now < entry.expiresAt) {
        return { value: entry.value, ageMs: now - entry.storedAt, freshMs: entry.freshUntil - now };
      }
      entries.delete(key);
      return undefined;
    },
    copy(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const { value, storedAt, freshUntil, expiresAt, tags } = entry;
      const now = performance.now();
      if (now >= expiresAt) return undefined;
      const staleMs = Number.isFinite(freshUntil) ? expiresAt - freshUntil : 0;
      return { value, ageMs: now - storedAt, freshMs: freshUntil - now, staleMs, tags };
    },
    set(key, value, { ttlMs = Number.POSITIVE_INFINITY, staleMs = 0, tags = noTags, readMsAgo = 0, ageMs = 0 } = {}) {
      // First, so that the old entry's tags are removed before the new ones are added.
      entries.delete(key);
      const now = performance.now();
      const length = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
      if (length > maxValueBytes || !(ttlMs + staleMs > 0) || invalidatedSince(tags, now - readMsAgo)) return;
      // An unpooled buffer: a small one from Node's pool would retain 8 KB that are not counted.
      const bytes = Buffer.allocUnsafeSlow(length);
      if (typeof value === 'string') bytes.write(value);
      else bytes.set(value);
      const freshUntil = now + ttlMs;
      const entry = { value: bytes, storedAt: now - ageMs, freshUntil, expiresAt: freshUntil + staleMs, tags };
      let size = length + key.length * 2 + entryOverhead;
      for (const tag of tags) size += tag.length * 2 + entryOverhead;
      if (size > maxBytes) return;
      entries.set(key, entry, { size });
      for (const tag of tags) {
        const keys = keysByTag.get(tag);
        if (keys === undefined) keysByTag.set(tag, new Set([key]));
        else keys.add(key);
      }
    },
    delete(key) {
      entries.delete(key);
    },
    invalidate(tag) {
      for (const key of [...(keysByTag.get(tag) ?? [])]) entries.delete(key);
      invalidatedAt.delete(tag);
      invalidatedAt.set(tag, performance.now());
      if (invalidatedAt.size > maxInvalidations) forgetOldest();
      return true;
    },
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
