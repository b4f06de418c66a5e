/** What has happened in a store and what it holds, for each of the caches that share it. */
import type { OutcomeCounts } from './outcomes/cache-outcomes.ts';

/** The caches, by what their keys begin with. */
const cachesByPrefix = [
  ['response:', 'responses'],
  ['entity:', 'entities'],
  ['field:', 'fields'],
  ['answer:', 'models'],
  ['document:', 'documents'],
] as const;

/**
 * `responses`: whole answers · `entities`: what subgraphs answer · `fields`: AI fields · `models`: answers of models ·
 * `documents`: automatic persisted queries · `other`
 */
export type CacheName = (typeof cachesByPrefix)[number][1] | 'other';

export const cacheNames: readonly CacheName[] = [...cachesByPrefix.map(([, name]) => name), 'other'];

export function cacheOfKey(key: string): CacheName {
  for (const [prefix, name] of cachesByPrefix) if (key.startsWith(prefix)) return name;
  return 'other';
}

export interface CacheStats {
  /** Stale ones included. */
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly sets: number;
  /** Entries that made room for others. */
  readonly evictions: number;
  /** Held now, those included that have been invalidated and not yet been removed; undefined: not known. */
  readonly entries: number | undefined;
  readonly bytes: number | undefined;
}

/** What the caches of a thread, or of all, have done. */
export interface CacheSnapshot {
  readonly stores: readonly StoreStats[];
  /** Of answers, by subgraph and type. */
  readonly outcomes: readonly OutcomeCounts[];
}

/** `ready`, or why a store is not. */
export type StoreState = 'ready' | 'disconnected' | 'breaker_open' | 'refusing';

export interface StoreStats {
  readonly kind: 'memory' | 'redis' | 'memory and redis';
  readonly state: StoreState;
  readonly invalidations: number;
  /** Calls that were a miss, or did nothing, because the store failed. */
  readonly failures: number;
  /** Those that something has happened in. */
  readonly caches: Readonly<Partial<Record<CacheName, CacheStats>>>;
}
