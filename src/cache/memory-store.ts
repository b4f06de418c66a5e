/**
 * Cached bytes in this process's memory, bounded by what they take: the least recently used go first. The door of
 * `lru-cache` for cached bytes. Everything is answered at once; a hit takes less than a microsecond.
 */
import { LRUCache } from 'lru-cache';
import type { CacheEntry, CacheStore, StoreOptions } from './cache-store.ts';

export interface MemoryStoreOptions {
  /** What all entries together may take, keys included. @default 64_000_000 */
  readonly maxBytes?: number;
  /** The largest value that is stored. @default an eighth of maxBytes */
  readonly maxValueBytes?: number;
}

/** `CacheStore` without promises, but for `close`. */
export interface MemoryStore extends CacheStore {
  get(key: string): CacheEntry | undefined;
  set(key: string, value: Uint8Array | string, options?: StoreOptions): void;
  delete(key: string): void;
  invalidate(tag: string): true;
  /** What the entries take, as it is counted against `maxBytes`. */
  readonly bytes: number;
}

interface Held {
  readonly value: Buffer;
  readonly storedAt: number;
  readonly freshUntil: number;
  readonly heldUntil: number;
  readonly tags: readonly string[];
}

/** What an entry takes beside its bytes: the objects that hold it, measured on a million small ones. */
const entryOverhead = 400;

/** How many invalidations are remembered one by one, against values that were being made meanwhile. */
const maxInvalidations = 10_000;

const noTags: readonly string[] = [];

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxBytes = 64_000_000 } = options;
  const { maxValueBytes = Math.floor(maxBytes / 8) } = options;
  const keysByTag = new Map<string, Set<string>>();
  const invalidatedAt = new Map<string, number>();
  /** When the latest invalidation was that is no longer remembered by its tag: it may have been of any. */
  let forgottenAt = Number.NEGATIVE_INFINITY;

  const entries = new LRUCache<string, Held>({
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
    return tags.length > 0 && (forgottenAt > time || tags.some((tag) => (invalidatedAt.get(tag) ?? time) > time));
  }

  return {
    get(key) {
      const held = entries.get(key);
      if (held === undefined) return undefined;
      const now = performance.now();
      if (now < held.heldUntil) {
        return { value: held.value, ageMs: now - held.storedAt, freshMs: held.freshUntil - now };
      }
      entries.delete(key);
      return undefined;
    },
    set(key, value, { ttlMs = Number.POSITIVE_INFINITY, staleMs = 0, tags = noTags, readMsAgo = 0 } = {}) {
      // First, so that the tags of what was there are gone before the same ones are set.
      entries.delete(key);
      const now = performance.now();
      const length = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
      if (length > maxValueBytes || !(ttlMs + staleMs > 0) || invalidatedSince(tags, now - readMsAgo)) return;
      // A buffer of its own: a small one from Node's pool would hold on to 8 KB that nobody counts.
      const bytes = Buffer.allocUnsafeSlow(length);
      if (typeof value === 'string') bytes.write(value);
      else bytes.set(value);
      const freshUntil = now + ttlMs;
      const held = { value: bytes, storedAt: now, freshUntil, heldUntil: freshUntil + staleMs, tags };
      let size = length + key.length * 2 + entryOverhead;
      for (const tag of tags) size += tag.length * 2 + entryOverhead;
      if (size > maxBytes) return;
      entries.set(key, held, { size });
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
    forgottenAt = oldest[1];
  }
}
