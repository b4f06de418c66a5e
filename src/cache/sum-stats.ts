import type { CacheName, CacheStats, StoreStats } from './store-stats.ts';

/** The stores of several threads, summed by their kind. A copy that a worker has in memory counts as an entry. */
export function sumStats(stores: readonly StoreStats[]): readonly StoreStats[] {
  const sums = new Map<StoreStats['kind'], StoreStats>();
  for (const store of stores) {
    const sum = sums.get(store.kind);
    sums.set(store.kind, sum === undefined ? store : add(sum, store));
  }
  return [...sums.values()];
}

function add(one: StoreStats, other: StoreStats): StoreStats {
  const caches: Partial<Record<CacheName, CacheStats>> = { ...one.caches };
  for (const [name, stats] of Object.entries(other.caches) as [CacheName, CacheStats][]) {
    const sum = caches[name];
    caches[name] =
      sum === undefined
        ? stats
        : {
            hits: sum.hits + stats.hits,
            misses: sum.misses + stats.misses,
            stale: sum.stale + stats.stale,
            sets: sum.sets + stats.sets,
            evictions: sum.evictions + stats.evictions,
            entries: total(sum.entries, stats.entries),
            bytes: total(sum.bytes, stats.bytes),
          };
  }
  return {
    kind: one.kind,
    state: one.state === 'ready' ? other.state : one.state,
    invalidations: one.invalidations + other.invalidations,
    failures: one.failures + other.failures,
    caches,
  };
}

/** What only one of them knows is that. */
function total(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one + other;
}
