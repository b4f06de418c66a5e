/**
 * Model answers by the exact request that was answered. The key is a hash of the whole canonical request and of all
 * that stands beside it (target, structured mode, tenant, scope), never of a list of fields that matter: a field nobody
 * thought of makes another key. An answer is found only under the model that really gave it, and only by the tenant it
 * was given to, unless the cache is declared shared.
 *
 * Equal calls in flight are made once: see `SharedCalls` and `SharedStream`. Only whole answers are kept: see `isWhole`.
 * A cache that fails is a miss.
 */
import type { CacheEntry, CacheStore } from '../../cache/index.ts';
import { type AnswerScope, answerKey } from './answer-key.ts';
import type {
  CallBounds,
  EmbeddingRequest,
  Embeddings,
  ModelAnswer,
  ModelRequest,
  ProviderStreamPart,
  StreamDelta,
} from './model.ts';
import { SharedCalls } from './shared-calls.ts';
import { SharedStream } from './shared-stream.ts';
import {
  areVectors,
  decodeAnswer,
  decodeEmbeddings,
  encodeAnswer,
  encodeEmbeddings,
  isWhole,
  replay,
  type StoredAnswer,
} from './stored-answer.ts';

export type { AnswerScope } from './answer-key.ts';

export interface AnswerCacheOptions {
  /** Not closed with the cache: others may keep theirs in it. */
  readonly store: CacheStore;
  /** How long an answer is kept where the call does not say. @default as long as the store keeps anything */
  readonly ttlMs?: number;
  /** The longest stream that is kept or shared, in characters. @default 1_000_000 */
  readonly maxStreamCharacters?: number;
}

/** `off`: the request has no key, so that nothing was looked up, shared or kept. */
export type Lookup = 'exact' | 'shared' | 'miss' | 'off';

export interface Cached<Value> {
  readonly value: Value;
  readonly cache: Lookup;
}

export interface CachedStream {
  readonly cache: Lookup;
  readonly parts: AsyncIterable<ProviderStreamPart>;
}

export class AnswerCache {
  readonly #store: CacheStore;
  readonly #ttlMs: number | undefined;
  readonly #maxStreamCharacters: number;
  readonly #answers = new SharedCalls<Cached<ModelAnswer>>();
  readonly #embeddings = new SharedCalls<Cached<Embeddings>>();
  readonly #streams = new Map<string, SharedStream>();

  constructor(options: AnswerCacheOptions) {
    this.#store = options.store;
    this.#ttlMs = options.ttlMs;
    this.#maxStreamCharacters = options.maxStreamCharacters ?? 1_000_000;
  }

  /** How many calls are under way. */
  get size(): number {
    return this.#answers.size + this.#embeddings.size + this.#streams.size;
  }

  /**
   * The answer from the cache, from an equal call in flight, or from `ask`, whose bounds are this call's deadline and a
   * signal that aborts when nobody waits any more. Rejects as `SharedCalls` says.
   */
  async complete(
    request: ModelRequest,
    scope: AnswerScope,
    bounds: CallBounds,
    ask: (bounds: CallBounds) => Promise<ModelAnswer>,
  ): Promise<Cached<ModelAnswer>> {
    const key = answerKey('chat', request, scope);
    if (key === undefined) return { value: await ask(bounds), cache: 'off' };
    const found = this.#read(key, decodeAnswer);
    if (found !== undefined && !(found instanceof Promise)) return { value: found.answer, cache: 'exact' };
    return shared(
      this.#answers.run(key, bounds, async (runBounds) => {
        const hit = found && (await found);
        if (hit !== undefined) return { value: hit.answer, cache: 'exact' };
        const value = await ask(runBounds);
        this.#keep(key, request, scope, { answer: value });
        return { value, cache: 'miss' };
      }),
    );
  }

  /** As `complete`. */
  async embed(
    request: EmbeddingRequest,
    scope: AnswerScope,
    bounds: CallBounds,
    ask: (bounds: CallBounds) => Promise<Embeddings>,
  ): Promise<Cached<Embeddings>> {
    const key = answerKey('embeddings', request, scope);
    if (key === undefined) return { value: await ask(bounds), cache: 'off' };
    const found = this.#read(key, (bytes) => decodeEmbeddings(bytes, request));
    if (found !== undefined && !(found instanceof Promise)) return { value: found, cache: 'exact' };
    return shared(
      this.#embeddings.run(key, bounds, async (runBounds) => {
        const hit = found && (await found);
        if (hit !== undefined) return { value: hit, cache: 'exact' };
        const value = await ask(runBounds);
        const whole = value.vectors.length === request.texts.length && areVectors(value.vectors);
        if (whole) this.#set(key, encodeEmbeddings(value), scope);
        return { value, cache: 'miss' };
      }),
    );
  }

  /**
   * The stream from the cache (replayed), from an equal one in flight (from its beginning), or from `ask`. The parts
   * are to be read to their end or closed; until then they count as waited for.
   *
   * A stream cannot begin again once something of it was given, so that one is only joined that has nearly all of the
   * caller's time left.
   */
  async stream(
    request: ModelRequest,
    scope: AnswerScope,
    bounds: CallBounds,
    ask: (bounds: CallBounds) => AsyncIterable<ProviderStreamPart>,
  ): Promise<CachedStream> {
    bounds.signal.throwIfAborted();
    // What the provider's own events hold beyond an answer is in none that was given whole.
    const key = answerKey(request.wire === undefined ? 'chat' : 'chat-stream', request, scope);
    if (key === undefined) return { cache: 'off', parts: ask(bounds) };
    const reading = this.#read(key, decodeAnswer);
    const hit = reading instanceof Promise ? await reading : reading;
    if (hit !== undefined) return { cache: 'exact', parts: replay(hit) };
    bounds.signal.throwIfAborted();
    const running = this.#streams.get(key);
    if (running !== undefined && running.deadline.remainingMs >= bounds.deadline.remainingMs * 0.9) {
      return { cache: 'shared', parts: running.read(bounds) };
    }
    const stream = new SharedStream({
      open: ask,
      deadline: bounds.deadline,
      maxCharacters: this.#maxStreamCharacters,
      onEnd: (parts) => {
        if (this.#streams.get(key) === stream) this.#streams.delete(key);
        if (parts !== undefined) this.#keepStream(key, request, scope, parts);
      },
    });
    this.#streams.set(key, stream);
    return { cache: 'miss', parts: stream.read(bounds) };
  }

  /** What would be found, without asking or waiting for anyone. @param streamed as for `keyOf` */
  async find(request: ModelRequest, scope: AnswerScope, streamed = false): Promise<StoredAnswer | undefined> {
    const key = this.keyOf(request, scope, streamed);
    return key === undefined ? undefined : this.read(key);
  }

  /** Keeps an answer that came another way, where it may be kept. @param known its key, where it has been made already */
  keep(request: ModelRequest, scope: AnswerScope, answer: ModelAnswer, known?: string): void {
    const key = known ?? answerKey('chat', request, scope);
    if (key !== undefined) this.#keep(key, request, scope, { answer });
  }

  /** For an answer that has turned out to be no good. */
  async forget(request: ModelRequest, scope: AnswerScope): Promise<void> {
    for (const streamed of [false, true]) {
      const key = this.keyOf(request, scope, streamed);
      if (key !== undefined) await this.#store.delete(key);
    }
  }

  /** @param streamed whether a request that came in a provider's own wire is answered as a stream of its events */
  keyOf(request: ModelRequest, scope: AnswerScope, streamed = false): string | undefined {
    return answerKey(streamed && request.wire !== undefined ? 'chat-stream' : 'chat', request, scope);
  }

  /** What is under a key that `keyOf` gave. */
  async read(key: string): Promise<StoredAnswer | undefined> {
    return this.#read(key, decodeAnswer);
  }

  #read<Value>(
    key: string,
    decode: (bytes: Buffer) => Value | undefined,
  ): Value | undefined | Promise<Value | undefined> {
    const entry = this.#store.get(key);
    if (entry === undefined) return undefined;
    return entry instanceof Promise
      ? entry.then((held) => this.#decode(key, held, decode))
      : this.#decode(key, entry, decode);
  }

  #decode<Value>(
    key: string,
    entry: CacheEntry | undefined,
    decode: (bytes: Buffer) => Value | undefined,
  ): Value | undefined {
    if (entry === undefined) return undefined;
    const value = decode(entry.value);
    if (value === undefined) void this.#store.delete(key);
    return value;
  }

  #keep(key: string, request: ModelRequest, scope: AnswerScope, stored: StoredAnswer): void {
    if (!isWhole(request, stored.answer) || scope.admits?.(stored.answer) === false) return;
    this.#set(key, encodeAnswer(stored), scope);
  }

  #keepStream(key: string, request: ModelRequest, scope: AnswerScope, parts: readonly ProviderStreamPart[]): void {
    const end = parts.at(-1);
    if (end?.type !== 'end') return;
    const deltas = parts.slice(0, -1) as readonly StreamDelta[];
    const { answer } = end;
    this.#keep(key, request, scope, deltas.some(({ wire }) => wire !== undefined) ? { answer, deltas } : { answer });
  }

  #set(key: string, value: Uint8Array | string, { ttlMs = this.#ttlMs, tags = [] }: AnswerScope): void {
    void this.#store.set(key, value, ttlMs === undefined ? { tags } : { ttlMs, tags });
  }
}

/** Whoever joined a call that was made got another's answer; a hit is a hit for everyone. */
async function shared<Value>(
  run: Promise<{ readonly value: Cached<Value>; readonly own: boolean }>,
): Promise<Cached<Value>> {
  const { value: cached, own } = await run;
  return own || cached.cache === 'exact' ? cached : { value: cached.value, cache: 'shared' };
}
