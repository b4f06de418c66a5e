/**
 * A store of cached bytes: this process's memory, or Redis for several gateways. Whole answers, entities and model
 * answers share it. The callers encode and decode the bytes; bytes that cannot be decoded are a miss and are deleted.
 *
 * A cache never fails or delays a request: nothing here throws or rejects, and a value that cannot be read within 100
 * ms is a miss.
 */

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

/** Keys and tags are any text, and may contain user input: they are hashed before they leave the process. */
export interface CacheStore {
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
