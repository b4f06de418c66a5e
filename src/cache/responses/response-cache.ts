/**
 * Whole answers by what decides them. One that is for every reader has one entry; of one that is private, that entry says so,
 * and each reader has another. A failing store is a miss.
 */
import type { CacheEntry, CacheStore, NewEntry, Soon } from '../cache-store.ts';
import { DecodedEntries } from '../decoded-entries.ts';
import { coarsened, tenantTag } from '../tags/index.ts';
import { maxResponseTags } from './response-tags.ts';
import { decodeResponse, encodeResponse, etagOf, type StoredResponse } from './stored-response.ts';

/** An answer of the store with its age. */
export interface CachedResponse {
  readonly response: StoredResponse;
  readonly ageMs: number;
  /** How long it has been stale; 0 or less: it is fresh. */
  readonly staleMs: number;
}

/** An answer to store. */
export interface TaggedAnswer {
  readonly key: string;
  readonly response: StoredResponse;
  /** All that it is invalidated by: tags of groups come to stand for many. */
  readonly tags: readonly string[];
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

  /** As `find` for each of the keys, in one round trip, or two where some are private. */
  findMany(keys: readonly string[], reader: string | undefined): Soon<readonly (CachedResponse | undefined)[]> {
    const next = (cached: (CachedResponse | undefined)[]): Soon<readonly (CachedResponse | undefined)[]> => {
      const isPrivate = cached.flatMap((each, index) => (each?.response.policy.scope === 'private' ? [index] : []));
      if (isPrivate.length === 0) return cached;
      const put = (entries: readonly (CachedResponse | undefined)[]): readonly (CachedResponse | undefined)[] => {
        for (const [position, index] of isPrivate.entries()) cached[index] = entries[position];
        return cached;
      };
      if (reader === undefined) return put([]);
      const ofReader = this.#readMany(isPrivate.map((index) => readerKey(keys[index] as string, reader)));
      return ofReader instanceof Promise ? ofReader.then(put) : put(ofReader);
    };
    const cached = this.#readMany(keys);
    return cached instanceof Promise ? cached.then(next) : next(cached);
  }

  /**
   * Stores an answer for the time of its policy.
   * @param tenant of the reader
   * @param readMsAgo when the first of its data was read
   */
  put(answer: TaggedAnswer, reader: string | undefined, tenant: string, readMsAgo: number): void {
    this.putMany([answer], reader, tenant, readMsAgo);
  }

  /** As `put` for each of them, in one round trip. */
  putMany(answers: readonly TaggedAnswer[], reader: string | undefined, tenant: string, readMsAgo: number): void {
    const entries = answers.flatMap(({ key, response, tags: allTags }): NewEntry[] => {
      const { policy } = response;
      const tags = coarsened(allTags, maxResponseTags);
      if (tags === undefined) return [];
      const entry = (entryKey: string, value: StoredResponse, entryTags: readonly string[]): NewEntry => {
        const options = { ttlMs: policy.maxAgeMs, staleMs: this.#keepStaleMs, tags: entryTags, readMsAgo };
        return { key: entryKey, value: encodeResponse(value), ...options };
      };
      if (policy.scope === 'public') return [entry(key, response, tags)];
      if (reader === undefined) return [];
      const mark = { policy, etag: etagOf(nothing), headers: [], tags: [], body: nothing };
      return [entry(key, mark, tags), entry(readerKey(key, reader), response, [...tags, tenantTag(tenant)])];
    });
    void this.#store.setMany(entries);
  }

  #read(key: string): Soon<CachedResponse | undefined> {
    const entry = this.#store.get(key);
    return entry instanceof Promise ? entry.then((read) => this.#cached(key, read)) : this.#cached(key, entry);
  }

  #readMany(keys: readonly string[]): Soon<(CachedResponse | undefined)[]> {
    const read = (entries: readonly (CacheEntry | undefined)[]) =>
      entries.map((entry, index) => this.#cached(keys[index] as string, entry));
    const entries = this.#store.getMany(keys);
    return entries instanceof Promise ? entries.then(read) : read(entries);
  }

  #cached(key: string, entry: CacheEntry | undefined): CachedResponse | undefined {
    if (entry === undefined) return undefined;
    const response = this.#decode(key, entry.value);
    return response && { response, ageMs: entry.ageMs, staleMs: -entry.freshMs };
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
