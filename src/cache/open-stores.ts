import type { CacheStoreConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';
import type { CacheStore } from './cache-store.ts';
import { createCacheStore } from './create-cache-store.ts';

/** The stores that a process has open, so that an invalidation reaches all of them. */
export class OpenStores {
  readonly #stores = new Set<CacheStore>();

  /** Opens a store, which belongs to these until it is closed. */
  readonly open = (config: CacheStoreConfig, log: Logger): CacheStore => {
    const store = createCacheStore(config, log);
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
    const outcomes = [...this.#stores].flatMap((store) => tags.map((tag) => store.invalidate(tag)));
    return (await Promise.all(outcomes)).every((isDone) => isDone);
  }
}
