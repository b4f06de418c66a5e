/**
 * A store of cached bytes: this process's memory, or Redis for several gateways. Whole answers, entities and model
 * answers share it. The callers encode and decode the bytes; bytes that cannot be decoded are a miss and are deleted.
 *
 * A cache never fails or delays a request: nothing here throws or rejects, and a value that cannot be read within 100
 * ms is a miss.
 */
import type { CacheName, StoreStats } from './store-stats.ts';

/**
 * A value that is available synchronously is not wrapped in a promise, so that a hit in memory costs no turn of the
 * event loop.
 */
export type Soon<Value> = Value | Promise<Value>;

export interface CacheEntry {
  /** Shared with all readers of the entry: must not be modified. */
  readonly value: Buffer;
  /** The time since it was stored, by the store's own clock: the gateways' clocks need not agree. */
  readonly ageMs: number;
  /** How long it remains fresh; 0 or less: it is stale, and only returned because it was stored with `staleMs`. */
  readonly freshMs: number;
}

export interface StoreOptions {
  /** How long the value is fresh. @default the store's maximum */
  readonly ttlMs?: number;
  /** How long the value may be served while stale (stale-while-revalidate). @default 0 */
  readonly staleMs?: number;
  /** The sources of the value, such as `prompt:review-summary` or `type:products.Product`: see `invalidate`. */
  readonly tags?: readonly string[];
  /**
   * The time since the first source of the value was read. A value with a tag that has been invalidated since is not
   * stored: it may be derived from the previous data. @default 0
   */
  readonly readMsAgo?: number;
}

/** A value with its key, for `setMany`. */
export interface NewEntry extends StoreOptions {
  readonly key: string;
  readonly value: Uint8Array | string;
}

/**
 * What an application may put in place of a store. Keys and tags are any text, and may contain user input: they are hashed
 * before they leave the process.
 */
export interface EntryStore {
  get(key: string): Soon<CacheEntry | undefined>;
  set(key: string, value: Uint8Array | string, options?: StoreOptions): Soon<void>;
  delete(key: string): Soon<void>;
  /**
   * No entry stored with this tag until now is returned again.
   *
   * @returns false if the store could not be reached: entries with the tag may be returned until they expire
   */
  invalidate(tag: string): Soon<boolean>;
  close(): Promise<void>;
}

/**
 * Who fills a missing key: of all callers in all workers and gateways that share the store, one is its holder. Where the store
 * cannot be reached, every caller is one.
 */
export type Claim =
  | {
      readonly kind: 'holder';
      /** To be called when the value has been stored, or will not be: those who wait go on. */
      release(): void;
    }
  | {
      readonly kind: 'waiter';
      /**
       * Resolves when the holder has released the key or its time is over, and never rejects. Then the value is there, or
       * the key may be claimed again.
       */
      ended(): Promise<void>;
    };

export interface StatsOptions {
  readonly withSizes?: boolean;
}

export interface CacheStore extends EntryStore {
  /** The entries of all keys, in their order, in one round trip. */
  getMany(keys: readonly string[]): Soon<readonly (CacheEntry | undefined)[]>;
  /** Stores all in one round trip. */
  setMany(entries: readonly NewEntry[]): Soon<void>;
  /**
   * A claim on each key, in their order, in one round trip.
   *
   * @param ttlMs when a holder that has not released a key loses it: it may have died
   */
  claim(keys: readonly string[], ttlMs: number): Soon<readonly Claim[]>;
  /**
   * What has happened since the store was opened, and what it holds now.
   *
   * @param options `withSizes`: also where that takes seconds, as of Redis. @default false
   */
  stats(options?: StatsOptions): Soon<StoreStats>;
  /**
   * Removes all entries, or those of one cache, and keeps out what was read before.
   *
   * @returns false if the store could not be reached
   */
  purge(cache?: CacheName): Soon<boolean>;
}
