/**
 * Whole answers, and entities, by what decides them. One that is for every reader has one entry; of one that is private, that entry
 * says so, and each reader has another. A failing store is a miss.
 */
import type { CacheEntry, CacheStore, Claim, NewEntry, Soon } from '../cache-store.ts';
import { DecodedEntries } from '../decoded-entries.ts';
import { coarsened, tenantTag } from '../tags/index.ts';
import { maxResponseTags } from './response-tags.ts';
import { decodeResponse, encodeResponse, etagOf, type NewResponse, type StoredResponse } from './stored-response.ts';

/** An answer of the store with its age. */
export interface CachedResponse {
  readonly response: StoredResponse;
  /** Since the first of its data was asked for (RFC 9111, section 4.2.3). */
  readonly ageMs: number;
  /** How long it has been stale; 0 or less: it is fresh. */
  readonly staleMs: number;
  /** When it was so old, by this process’s clock: it has grown older since. */
  readonly lookupAt: number;
}

/** What is there for a key and a reader. */
export interface Lookup {
  /** Of the entry, the reader’s own where the answer is private; undefined: none is kept for whom nothing tells from others. */
  readonly key: string | undefined;
  readonly cached: CachedResponse | undefined;
}

/** An answer with its key and what it is invalidated by. */
export interface KeyedResponse {
  readonly key: string;
  readonly response: NewResponse;
  /** All that it is invalidated by: tags of groups come to stand for many. */
  readonly tags: readonly string[];
  /** How long ago reading its data began: it is not stored where a tag has been invalidated since. */
  readonly readMsAgo: number;
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
  find(key: string, reader: string | undefined): Soon<Lookup> {
    const first = this.#read(key);
    return first instanceof Promise
      ? first.then((cached) => this.#ofReader(key, cached, reader))
      : this.#ofReader(key, first, reader);
  }

  /** As `find` for each of the keys, in one round trip, or two where some are private. */
  findMany(keys: readonly string[], reader: string | undefined): Soon<readonly Lookup[]> {
    const next = (entries: readonly (CachedResponse | undefined)[]): Soon<readonly Lookup[]> => {
      const lookups = entries.map((cached, index): Lookup => ({ key: keys[index], cached }));
      const isPrivate = entries.flatMap((cached, index) =>
        cached?.response.policy.scope === 'private' ? [index] : [],
      );
      if (isPrivate.length === 0) return lookups;
      const readerKeys = isPrivate.map((index) => reader && readerKey(keys[index] as string, reader));
      const put = (found: readonly (CachedResponse | undefined)[]): readonly Lookup[] => {
        for (const [position, index] of isPrivate.entries())
          lookups[index] = { key: readerKeys[position], cached: found[position] };
        return lookups;
      };
      if (reader === undefined) return put([]);
      const ofReader = this.#readMany(readerKeys as readonly string[]);
      return ofReader instanceof Promise ? ofReader.then(put) : put(ofReader);
    };
    const entries = this.#readMany(keys);
    return entries instanceof Promise ? entries.then(next) : next(entries);
  }

  /**
   * Who of all that miss these answers reads them.
   * @param ttlMs how long others wait for one that may have died
   */
  claim(keys: readonly string[], ttlMs: number): Soon<readonly Claim[]> {
    return this.#store.claim(keys, ttlMs);
  }

  /**
   * Stores answers for the time of their policies, in one round trip.
   * @param tenant of the reader
   */
  put(answers: readonly KeyedResponse[], reader: string | undefined, tenant: string): Soon<void> {
    const entries = answers.flatMap(({ key, response, tags: allTags, readMsAgo }): NewEntry[] => {
      const { policy } = response;
      const tags = coarsened(allTags, maxResponseTags);
      if (tags === undefined) return [];
      const entry = (entryKey: string, value: NewResponse, entryTags: readonly string[]): NewEntry => {
        const options = {
          ttlMs: policy.maxAgeMs - response.readMs,
          staleMs: this.#keepStaleMs,
          tags: entryTags,
          readMsAgo,
        };
        return { key: entryKey, value: encodeResponse(value), ...options };
      };
      if (policy.scope === 'public') return [entry(key, response, tags)];
      if (reader === undefined) return [];
      const mark: NewResponse = { ...response, etag: etagOf(nothing), headers: [], tags: [], body: nothing };
      return [entry(key, mark, tags), entry(readerKey(key, reader), response, [...tags, tenantTag(tenant)])];
    });
    if (entries.length > 0) return this.#store.setMany(entries);
  }

  #ofReader(key: string, cached: CachedResponse | undefined, reader: string | undefined): Soon<Lookup> {
    if (cached?.response.policy.scope !== 'private') return { key, cached };
    if (reader === undefined) return { key: undefined, cached: undefined };
    const entryKey = readerKey(key, reader);
    const entry = this.#read(entryKey);
    return entry instanceof Promise
      ? entry.then((read) => ({ key: entryKey, cached: read }))
      : { key: entryKey, cached: entry };
  }

  #read(key: string): Soon<CachedResponse | undefined> {
    const entry = this.#store.get(key);
    return entry instanceof Promise ? entry.then((read) => this.#cached(key, read)) : this.#cached(key, entry);
  }

  #readMany(keys: readonly string[]): Soon<readonly (CachedResponse | undefined)[]> {
    const read = (entries: readonly (CacheEntry | undefined)[]) =>
      entries.map((entry, index) => this.#cached(keys[index] as string, entry));
    const entries = this.#store.getMany(keys);
    return entries instanceof Promise ? entries.then(read) : read(entries);
  }

  #cached(key: string, entry: CacheEntry | undefined): CachedResponse | undefined {
    if (entry === undefined) return undefined;
    const response = this.#decode(key, entry.value);
    if (response === undefined) return undefined;
    const ageMs = entry.ageMs + response.readMs;
    return {
      response,
      ageMs,
      // However long the store says that it is fresh, its own time is not longer.
      staleMs: Math.max(-entry.freshMs, ageMs - response.policy.maxAgeMs),
      lookupAt: performance.now(),
    };
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
