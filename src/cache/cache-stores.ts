/**
 * The stores that a thread has open. Those of the same Redis share a connection, so caches that are configured alike share a
 * store; memory is each configuration’s, with its bound.
 */
import type { CacheStoreConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';
import type { CacheStore, StatsOptions } from './cache-store.ts';
import { createMemoryStore } from './memory/memory-store.ts';
import { TagStamps } from './memory/tag-stamps.ts';
import { createRedisStore, type RedisStore } from './redis/redis-store.ts';
import { createTieredStore } from './redis/tiered-store.ts';
import type { CacheName, StoreStats } from './store-stats.ts';
import { sumStats } from './sum-stats.ts';

export interface CacheStoresOptions {
  /** Opens a store in memory. @default of this thread alone */
  readonly openMemory?: (maxBytes: number) => CacheStore;
  /** The part of a bound that this thread may use of its own memory, before Redis. @default all of it */
  readonly memoryShare?: (maxBytes: number) => number;
}

interface SharedRedis {
  readonly store: RedisStore;
  users: number;
}

export class CacheStores {
  readonly #options: CacheStoresOptions;
  readonly #stores = new Set<CacheStore>();
  readonly #redis = new Map<string, SharedRedis>();
  /** Of all that is in memory. */
  #stamps: TagStamps | undefined;

  constructor(options: CacheStoresOptions = {}) {
    this.#options = options;
  }

  /** Opens a store, which belongs to these until it is closed. */
  readonly open = (config: CacheStoreConfig, log: Logger): CacheStore => {
    const store = this.#open(config, log);
    const tracked: CacheStore = {
      ...store,
      close: () => {
        this.#stores.delete(tracked);
        return store.close();
      },
    };
    this.#stores.add(tracked);
    return tracked;
  };

  /** @returns false if a store could not be reached */
  async invalidate(tags: readonly string[]): Promise<boolean> {
    const outcomes = this.#calls(({ invalidate }) => invalidate).flatMap((invalidate) => tags.map(invalidate));
    return (await Promise.all(outcomes)).every((isDone) => isDone);
  }

  /** @returns false if a store could not be reached */
  async purge(cache: CacheName | undefined): Promise<boolean> {
    const outcomes = await Promise.all(this.#calls(({ purge }) => purge).map((purge) => purge(cache)));
    return outcomes.every((isDone) => isDone);
  }

  async stats(options?: StatsOptions): Promise<readonly StoreStats[]> {
    return sumStats(await Promise.all(this.#calls(({ stats }) => stats).map((stats) => stats(options))));
  }

  /** A function of each store, once where several caches share it. */
  #calls<Call>(callOf: (store: CacheStore) => Call): readonly Call[] {
    return [...new Set([...this.#stores].map(callOf))];
  }

  readonly #openMemory = (maxBytes: number): CacheStore => {
    this.#stamps ??= new TagStamps();
    return createMemoryStore({ maxBytes, stamps: this.#stamps });
  };

  #open({ store, maxBytes }: CacheStoreConfig, log: Logger): CacheStore {
    const { openMemory = this.#openMemory, memoryShare = (bytes) => bytes } = this.#options;
    if (store.kind === 'memory') return openMemory(maxBytes);
    const redis = this.#acquire(store.url, log);
    return store.kind === 'redis' ? redis : createTieredStore({ redis, maxBytes: memoryShare(maxBytes) });
  }

  #acquire(url: string, log: Logger): RedisStore {
    const onStateChange = (state: string, reason: string | undefined): void =>
      log.warn({ state, reason }, 'the cache’s Redis changed its state');
    const shared = this.#redis.get(url) ?? { store: createRedisStore({ url, onStateChange }), users: 0 };
    this.#redis.set(url, shared);
    shared.users++;
    const { store } = shared;
    return {
      ...store,
      get state() {
        return store.state;
      },
      close: async () => {
        shared.users--;
        if (shared.users > 0) return;
        this.#redis.delete(url);
        await store.close();
      },
    };
  }
}

/** A store of cached bytes by itself. */
export function createCacheStore(config: CacheStoreConfig, log: Logger): CacheStore {
  return new CacheStores().open(config, log);
}
