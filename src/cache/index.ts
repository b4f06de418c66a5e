export { createAnswerStore } from './answer-store.ts';
export type { CacheEntry, CacheStore, Soon, StoreOptions } from './cache-store.ts';
export { DecodedEntries } from './decoded-entries.ts';
export { createMemoryStore } from './memory-store.ts';
export { createRedisStore, type RedisState, type RedisStore, type RedisStoreOptions } from './redis-store.ts';
