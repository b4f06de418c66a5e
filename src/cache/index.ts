export type { CacheEntry, CacheStore, Claim, EntryStore, NewEntry, Soon, StoreOptions } from './cache-store.ts';
export { CacheStores, createCacheStore } from './cache-stores.ts';
export { DecodedEntries } from './decoded-entries.ts';
export { createMemoryStore, type MemoryStore, maxValueOf } from './memory/memory-store.ts';
export { createPortStores, purgedCache, serveStore } from './memory/port-store.ts';
export { createKeyMemory, StoredKeys } from './memory/stored-keys.ts';
export { createStampMemory, TagStamps } from './memory/tag-stamps.ts';
export { type CacheOutcome, CacheOutcomes, type OutcomeCounts } from './outcomes/cache-outcomes.ts';
export { sumOutcomes } from './outcomes/sum-outcomes.ts';
export { Verification } from './outcomes/verification.ts';
export { readCacheDirectives } from './policy/cache-directives.ts';
export { CacheHints, type HintedSelection } from './policy/cache-hints.ts';
export type { CachePolicy } from './policy/cache-policy.ts';
export { OperationPolicy, type PolicyRefusal, type PolicySources } from './policy/operation-policy.ts';
export { readerOf } from './policy/reader-of.ts';
export { RequestVersions } from './policy/request-versions.ts';
export { readLeaseMs } from './read-lease.ts';
export { atRedis, invalidateInRedis } from './redis/at-redis.ts';
export { createRedisStore, type RedisState, type RedisStore, type RedisStoreOptions } from './redis/redis-store.ts';
export { createTieredStore } from './redis/tiered-store.ts';
export { NotStored } from './responses/not-stored.ts';
export { type CachedResponse, type KeyedResponse, type Lookup, ResponseCache } from './responses/response-cache.ts';
export { maxResponseTags, responseTags } from './responses/response-tags.ts';
export { drawRenewal, etagOf, type NewResponse, renewableMs } from './responses/stored-response.ts';
export { type Write, WriteTokens, writeTokenHeader } from './responses/write-tokens.ts';
export {
  type CacheName,
  type CacheSnapshot,
  type CacheStats,
  cacheNames,
  type StoreState,
  type StoreStats,
} from './store-stats.ts';
export { sumStats } from './sum-stats.ts';
