/**
 * Whole answers by what decides them. One that is for every reader has one entry; of one that is private, that entry says so,
 * and each reader has another. A failing store is a miss.
 */
import type { CacheEntry, CacheStore, Soon } from '../cache-store.ts';
import { DecodedEntries } from '../decoded-entries.ts';
import { maxResponseTags } from './response-tags.ts';
import { decodeResponse, encodeResponse, etagOf, type StoredResponse } from './stored-response.ts';

/** An answer of the store with its age. */
export interface CachedResponse {
  readonly response: StoredResponse;
  readonly ageMs: number;
  /** How long it has been stale; 0 or less: it is fresh. */
  readonly staleMs: number;
}

export interface ResponseCacheOptions {
  readonly store: CacheStore;
  /** How long after its time an answer is kept. */
  readonly keepStaleMs: number;
}

const nothing = Buffer.alloc(0);

export class ResponseCache {
  readonly #store: CacheStore;
  readonly #keepStaleMs: number;
  readonly #decoded = new DecodedEntries<StoredResponse>();

  constructor({ store, keepStaleMs }: ResponseCacheOptions) {
    this.#store = store;
    this.#keepStaleMs = keepStaleMs;
  }

  /** @param reader undefined: whose private answers are not cached */
  find(key: string, reader: string | undefined): Soon<CachedResponse | undefined> {
    const first = this.#read(key);
    const next = (cached: CachedResponse | undefined): Soon<CachedResponse | undefined> => {
      if (cached?.response.policy.scope !== 'private') return cached;
      return reader === undefined ? undefined : this.#read(readerKey(key, reader));
    };
    return first instanceof Promise ? first.then(next) : next(first);
  }

  /**
   * Stores an answer for the time of its policy, unless it has too many tags.
   * @param readMsAgo when the first of its data was read
   */
  put(
    key: string,
    reader: string | undefined,
    response: StoredResponse,
    readMsAgo: number,
    tags: readonly string[],
  ): void {
    const { policy } = response;
    if (tags.length > maxResponseTags) return;
    const options = { ttlMs: policy.maxAgeMs, staleMs: this.#keepStaleMs, tags, readMsAgo };
    if (policy.scope === 'public') {
      void this.#store.set(key, encodeResponse(response), options);
      return;
    }
    if (reader === undefined) return;
    void this.#store.set(key, encodeResponse({ policy, etag: etagOf(nothing), headers: [], body: nothing }), options);
    void this.#store.set(readerKey(key, reader), encodeResponse(response), options);
  }

  #read(key: string): Soon<CachedResponse | undefined> {
    const read = (entry: CacheEntry | undefined): CachedResponse | undefined => {
      if (entry === undefined) return undefined;
      const response = this.#decode(key, entry.value);
      return response && { response, ageMs: entry.ageMs, staleMs: -entry.freshMs };
    };
    const entry = this.#store.get(key);
    return entry instanceof Promise ? entry.then(read) : read(entry);
  }

  #decode(key: string, bytes: Buffer): StoredResponse | undefined {
    const decoded = this.#decoded.find(key, bytes);
    if (decoded !== undefined) return decoded;
    const response = decodeResponse(bytes);
    if (response === undefined) void this.#store.delete(key);
    else this.#decoded.add(key, bytes, response);
    return response;
  }
}

function readerKey(key: string, reader: string): string {
  return `${key} ${reader}`;
}
