/** What caches of answers did, by subgraph and type, and the stores that they are in. */
import type { CacheOutcomes, CacheStores, StoreStats } from '../../cache/index.ts';
import type { MetricSource, SetMetric } from '../../observability/index.ts';

export function cacheSource(outcomes: CacheOutcomes, stores: CacheStores): MetricSource {
  return async (set) => {
    for (const {
      cache,
      subgraph,
      type,
      hits,
      stale,
      misses,
      stored,
      verified,
      wrong,
      refused,
    } of outcomes.snapshot()) {
      set('isthmus_cache_lookups_total', hits, cache, subgraph, type, 'hit');
      set('isthmus_cache_lookups_total', stale, cache, subgraph, type, 'stale');
      set('isthmus_cache_lookups_total', misses, cache, subgraph, type, 'miss');
      set('isthmus_cache_stored_total', stored, cache, subgraph, type);
      for (const [reason, count] of Object.entries(refused))
        set('isthmus_cache_not_stored_total', count, cache, subgraph, type, reason);
      if (verified === 0) continue;
      set('isthmus_cache_verified_total', verified - wrong, cache, subgraph, type, 'equal');
      set('isthmus_cache_verified_total', wrong, cache, subgraph, type, 'wrong');
    }
    for (const store of await stores.stats()) collectStore(store, set);
  };
}

const states = ['ready', 'disconnected', 'breaker_open', 'refusing'] as const satisfies readonly StoreStats['state'][];

function collectStore({ kind, state, failures, caches }: StoreStats, set: SetMetric): void {
  for (const each of states) set('isthmus_store_ready', each === state ? 1 : 0, kind, each);
  set('isthmus_store_failures_total', failures, kind);
  for (const [cache, { hits, misses, evictions, bytes }] of Object.entries(caches)) {
    set('isthmus_store_lookups_total', hits, kind, cache, 'hit');
    set('isthmus_store_lookups_total', misses, kind, cache, 'miss');
    set('isthmus_store_evictions_total', evictions, kind, cache);
    if (bytes !== undefined) set('isthmus_store_bytes', bytes, kind, cache);
  }
}
