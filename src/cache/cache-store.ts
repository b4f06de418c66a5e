/**
 * Where cached bytes are kept: in this process's memory, or in Redis for many gateways. Whole answers, entities and
 * model answers share it; what the bytes mean is their owner's, and so is what becomes of bytes that mean nothing (a
 * miss, and `delete`).
 *
 * A cache never makes a request fail and never holds it up: nothing here throws or rejects, and whatever cannot be read
 * within 100 ms is a miss.
 */

/** What is there at once is given as a value, so that a hit in memory costs no turn of the event loop. */
export type Soon<Value> = Value | Promise<Value>;

export interface CacheEntry {
  /** Shared with everyone who reads the entry: never written to. */
  readonly value: Buffer;
  /** How long ago it was stored. The store's own clock: those of the gateways need not agree. */
  readonly ageMs: number;
  /** How long it stays fresh; 0 or less: it is stale, and only given because it was stored with `staleMs`. */
  readonly freshMs: number;
}

export interface StoreOptions {
  /** How long the value is fresh. @default as long as the store keeps anything */
  readonly ttlMs?: number;
  /** How much longer it is given while it is stale, so that it can be shown while a new one is made. @default 0 */
  readonly staleMs?: number;
  /** What the value was made of, such as `prompt:review-summary` or `type:products.Product`: see `invalidate`. */
  readonly tags?: readonly string[];
  /**
   * How long ago the first thing the value was made of was read. A value with a tag that has been invalidated since is
   * not stored: it may have been made of what was there before. @default 0
   */
  readonly readMsAgo?: number;
}

/** Keys and tags are any text, and may hold what users wrote: nothing of it leaves the process. */
export interface CacheStore {
  get(key: string): Soon<CacheEntry | undefined>;
  set(key: string, value: Uint8Array | string, options?: StoreOptions): Soon<void>;
  delete(key: string): Soon<void>;
  /**
   * No entry stored with this tag until now is given again.
   *
   * @returns false: the store could not be reached, and entries with the tag may be given until they end
   */
  invalidate(tag: string): Soon<boolean>;
  close(): Promise<void>;
}
