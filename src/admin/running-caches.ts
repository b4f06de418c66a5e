import type { CacheName, CacheSnapshot } from '../cache/index.ts';
import type { Invalidate } from './invalidate-caches.ts';

/** The caches of a running gateway, of all its workers. */
export interface RunningCaches {
  /** Invalidates cached answers. @throws GatewayError `BAD_REQUEST` for what the graph does not have */
  readonly invalidate: Invalidate;
  /** What each kind of store holds, and what has happened in it and to answers. */
  readonly stats: () => Promise<CacheSnapshot>;
  /** Removes all cached answers, or those of one cache. @returns false where a store could not be reached */
  readonly purge: (cache: CacheName | undefined) => Promise<boolean>;
}
