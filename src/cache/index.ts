export { createAnswerStore } from './answer-store.ts';
export type { CacheEntry, CacheStore, Soon, StoreOptions } from './cache-store.ts';
export { DecodedEntries } from './decoded-entries.ts';
export { createMemoryStore, type MemoryStore } from './memory-store.ts';
export { createPortStores, serveStore } from './port-store.ts';
export { createRedisStore, type RedisState, type RedisStore, type RedisStoreOptions } from './redis-store.ts';
