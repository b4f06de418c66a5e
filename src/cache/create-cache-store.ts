import type { CacheStoreConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';
import type { CacheStore } from './cache-store.ts';
import { createMemoryStore } from './memory/memory-store.ts';
import { createRedisStore } from './redis/redis-store.ts';

/** A store of cached bytes: memory of this process, or Redis shared by several gateways. */
export function createCacheStore({ store, maxBytes }: CacheStoreConfig, log: Logger): CacheStore {
  if (store.kind === 'memory') return createMemoryStore({ maxBytes });
  return createRedisStore({
    url: store.url,
    onStateChange: (state, reason) => log.warn({ state, reason }, 'the cache’s Redis changed its state'),
  });
}
