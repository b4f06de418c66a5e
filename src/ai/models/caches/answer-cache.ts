/**
 * Caches model answers by their exact requests. The key is a hash of the whole canonical request and of its scope (target,
 * structured mode, tenant, guardrails), never of a list of relevant fields, so that a new field changes the key. An answer
 * is stored under the model that generated it, and for the tenant of the call, unless the cache is declared shared.
 *
 * Only complete answers are cached: see `isWhole`. A failing cache is a miss.
 */
import { type CacheEntry, DecodedEntries, type EntryStore } from '../../../cache/index.ts';
import type { CallBounds, EmbeddingRequest, Embeddings, ModelAnswer, ModelRequest } from '../../model-call/index.ts';
import { type AnswerScope, answerKey, decidesTheSame } from './answer-key.ts';
import { SharedCalls } from './shared-calls.ts';
import {
  areVectors,
  decodeAnswer,
  decodeEmbeddings,
  encodeAnswer,
  encodeEmbeddings,
  inputsOf,
  isWhole,
} from './stored-answer.ts';

export type { AnswerScope } from './answer-key.ts';

export interface AnswerCacheOptions {
  /** Not closed with the cache: others may share it. */
  readonly store: EntryStore;
  /** The TTL of an answer if the call has none. @default the store's maximum */
  readonly ttlMs?: number;
}

/** `off`: the request has no key, so it was neither looked up, shared nor cached. */
export type Lookup = 'exact' | 'shared' | 'miss' | 'off';

export interface Cached<Value> {
  readonly value: Value;
  readonly cache: Lookup;
}

export class AnswerCache {
  readonly #store: EntryStore;
  readonly #ttlMs: number | undefined;
  /** The keys of requests with a cached answer, for repeated calls with the same object. */
  readonly #keys = new WeakMap<ModelRequest, { readonly scope: AnswerScope; readonly key: string }>();
  readonly #embeddings = new SharedCalls<Cached<Embeddings>>();
  readonly #decoded = new DecodedEntries<ModelAnswer>();

  constructor(options: AnswerCacheOptions) {
    this.#store = options.store;
    this.#ttlMs = options.ttlMs;
  }

  /** @returns undefined for a request that is nested too deep to be hashed: it is not cached */
  keyOf(request: ModelRequest, scope: AnswerScope): string | undefined {
    const cached = this.#keys.get(request);
    return cached !== undefined && decidesTheSame(cached.scope, scope) ? cached.key : answerKey('chat', request, scope);
  }

  /** Caches the key of a request whose answer was found. */
  remember(request: ModelRequest, scope: AnswerScope, key: string): void {
    this.#keys.set(request, { scope, key });
  }

  /** Reads the answer of a key from `keyOf`: synchronously from a store in memory. */
  read(key: string): ModelAnswer | undefined | Promise<ModelAnswer | undefined> {
    return this.#find(key, (bytes) => this.#decode(key, bytes));
  }

  /** Caches an answer if that is permitted. @param precomputedKey its key, if it is known */
  put(request: ModelRequest, scope: AnswerScope, answer: ModelAnswer, precomputedKey?: string): void {
    const key = precomputedKey ?? this.keyOf(request, scope);
    if (key === undefined || !isWhole(request, answer) || scope.admits?.(answer) === false) return;
    this.#set(key, encodeAnswer(answer), scope);
  }

  /**
   * Vectors from the cache, from an equal call in flight, or from `compute`, whose bounds are this call's deadline and a
   * signal that aborts when no caller waits any more. Rejects as `SharedCalls.run` does.
   */
  async embed(
    request: EmbeddingRequest,
    scope: AnswerScope,
    bounds: CallBounds,
    compute: (bounds: CallBounds) => Promise<Embeddings>,
  ): Promise<Cached<Embeddings>> {
    const key = answerKey('embeddings', request, scope);
    if (key === undefined) return { value: await compute(bounds), cache: 'off' };
    const lookup = this.#find(key, (bytes) => decodeEmbeddings(bytes, request));
    if (lookup !== undefined && !(lookup instanceof Promise)) return { value: lookup, cache: 'exact' };
    const { value: cached, isOwner } = await this.#embeddings.run(key, bounds, async (runBounds) => {
      const hit = lookup && (await lookup);
      if (hit !== undefined) return { value: hit, cache: 'exact' };
      const value = await compute(runBounds);
      const whole = value.vectors.length === inputsOf(request) && areVectors(value.vectors);
      if (whole) this.#set(key, encodeEmbeddings(value), scope);
      return { value, cache: 'miss' };
    });
    // A caller that joined a call got its answer as `shared`; a cache hit is a hit for every caller.
    return isOwner || cached.cache === 'exact' ? cached : { value: cached.value, cache: 'shared' };
  }

  #decode(key: string, bytes: Buffer): ModelAnswer | undefined {
    const decoded = this.#decoded.find(key, bytes);
    if (decoded !== undefined) return decoded;
    const answer = decodeAnswer(bytes);
    if (answer !== undefined) this.#decoded.add(key, bytes, answer);
    return answer;
  }

  #find<Value>(
    key: string,
    decode: (bytes: Buffer) => Value | undefined,
  ): Value | undefined | Promise<Value | undefined> {
    const read = (entry: CacheEntry | undefined): Value | undefined => {
      if (entry === undefined) return undefined;
      const value = decode(entry.value);
      if (value === undefined) void this.#store.delete(key);
      return value;
    };
    const entry = this.#store.get(key);
    return entry instanceof Promise ? entry.then(read) : read(entry);
  }

  #set(key: string, value: Uint8Array | string, { ttlMs = this.#ttlMs, tags = [] }: AnswerScope): void {
    void this.#store.set(key, value, ttlMs === undefined ? { tags } : { ttlMs, tags });
  }
}
