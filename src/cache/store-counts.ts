/** What a store counts, for each of the caches that share it. */
import type { CacheEntry } from './cache-store.ts';
import {
  type CacheName,
  type CacheStats,
  cacheNames,
  cacheOfKey,
  type StoreState,
  type StoreStats,
} from './store-stats.ts';

export interface CacheCounts {
  hits: number;
  misses: number;
  stale: number;
  sets: number;
  evictions: number;
}

/** Those of caches that are missing are not known. */
export type CacheSizes = Readonly<Partial<Record<CacheName, Pick<CacheStats, 'entries' | 'bytes'>>>>;

/** The counts of a store in this thread. */
export class StoreCounts {
  readonly #caches: Readonly<Record<CacheName, CacheCounts>>;
  invalidations = 0;
  failures = 0;

  constructor() {
    const zero = (): CacheCounts => ({ hits: 0, misses: 0, stale: 0, sets: 0, evictions: 0 });
    this.#caches = Object.fromEntries(cacheNames.map((name) => [name, zero()])) as Record<CacheName, CacheCounts>;
  }

  of(key: string): CacheCounts {
    return this.#caches[cacheOfKey(key)];
  }

  /** Counts a lookup. @returns the entry */
  lookup<Entry extends CacheEntry>(key: string, entry: Entry | undefined): Entry | undefined {
    const counts = this.of(key);
    if (entry === undefined) counts.misses++;
    else {
      counts.hits++;
      if (entry.freshMs <= 0) counts.stale++;
    }
    return entry;
  }

  /** @param sizes of the caches, as far as they are known */
  stats(kind: StoreStats['kind'], state: StoreState, sizes: CacheSizes): StoreStats {
    const { invalidations, failures } = this;
    const caches: Partial<Record<CacheName, CacheStats>> = {};
    for (const name of cacheNames) {
      const counts = this.#caches[name];
      const { entries, bytes } = sizes[name] ?? { entries: undefined, bytes: undefined };
      const isUsed = counts.hits + counts.misses + counts.sets > 0 || (entries ?? 0) > 0;
      if (isUsed) caches[name] = { ...counts, entries, bytes };
    }
    return { kind, state, invalidations, failures, caches };
  }
}
