/**
 * The caches of model calls: the key of a call, the lookup of its answer, and where an answer is stored.
 *
 * An answer is looked up under the first candidate, and stored under the target that answered: after a fallback the entry
 * of the preferred model remains empty. The key includes the request before masking and the guardrails' configuration;
 * the stored answer has passed the guardrails.
 */

import type {
  CacheOutcome,
  CallBounds,
  Completion,
  EmbeddingCompletion,
  Embeddings,
  ModelAnswer,
  ModelRequest,
} from '../../model-call/index.ts';
import type { CallContext, EmbeddingCall, ModelCall } from '../model-call.ts';
import type { Route } from '../routing/choose-targets.ts';
import type { Target } from '../targets/target.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { AnswerScope } from './answer-key.ts';
import { SharedCalls } from './shared-calls.ts';

/** The keys of a call; an alias with a semantic cache has an exact one too. */
export interface CallKeys {
  /** Under the first candidate. */
  readonly exact: string;
  readonly request: ModelRequest;
  readonly scope: AnswerScope;
  readonly route: Route;
  readonly call: CallContext;
}

export interface CachedAnswer {
  readonly answer: ModelAnswer;
  readonly model: string;
}

/** The semantic cache: answers to requests with the same meaning. */
export interface SimilarAnswers {
  read(keys: CallKeys, bounds: CallBounds): Promise<CachedAnswer | undefined>;
  /** The answer itself is in the exact cache. @param scope the scope of the target that answered */
  put(keys: CallKeys, scope: AnswerScope): void;
  close(): void;
}

export interface CallCachesOptions {
  readonly answers: AnswerCache;
  /** @default none */
  readonly similar?: SimilarAnswers;
  /** What else decides an answer: the guardrails' configuration. */
  readonly scope: string;
}

export class CallCaches {
  /** Equal calls that are under way. */
  readonly inFlight = new SharedCalls<Completion>();
  readonly #answers: AnswerCache;
  readonly #similar: SimilarAnswers | undefined;
  readonly #scope: string;

  constructor({ answers, similar, scope }: CallCachesOptions) {
    this.#answers = answers;
    this.#similar = similar;
    this.#scope = scope;
  }

  /** `undefined`: the alias caches nothing, or the request cannot be cached. */
  keysOf(call: ModelCall, route: Route, first: Target, streamed: boolean): CallKeys | undefined {
    const { cache } = route.config;
    if (!cache.exact && cache.semantic === undefined) return undefined;
    const { request } = call;
    // A stream of the provider's own events has parts that no complete answer has.
    if (streamed && request.wire !== undefined && request.wire.unmapped.length > 0) return undefined;
    const scope = this.#scopeOf(call, route, first);
    const exact = this.#answers.keyOf(request, scope);
    return exact === undefined ? undefined : { exact, request, scope, route, call };
  }

  async read(keys: CallKeys): Promise<CachedAnswer | undefined> {
    const reading = this.#answers.read(keys.exact);
    const answer = reading instanceof Promise ? await reading : reading;
    if (answer === undefined) return undefined;
    this.#answers.remember(keys.request, keys.scope, keys.exact);
    return { answer, model: keys.scope.target };
  }

  async readSimilar(keys: CallKeys, bounds: CallBounds): Promise<CachedAnswer | undefined> {
    if (keys.route.config.cache.semantic === undefined) return undefined;
    return this.#similar?.read(keys, bounds);
  }

  /** Keeps an answer, where it is whole. */
  put(keys: CallKeys, target: Target, answer: ModelAnswer): void {
    const isFirst = target.reference === keys.scope.target;
    const scope = isFirst ? keys.scope : { ...keys.scope, ...targetScope(target) };
    this.#answers.put(keys.request, scope, answer, isFirst ? keys.exact : undefined);
    if (keys.route.config.cache.semantic !== undefined) this.#similar?.put(keys, scope);
  }

  /** Vectors of different models are not interchangeable: those of a fallback are not cached. */
  async embed(
    call: EmbeddingCall,
    route: Route,
    first: Target,
    request: (bounds: CallBounds) => Promise<EmbeddingCompletion>,
  ): Promise<{ readonly value: Embeddings; readonly model: string; readonly cache: CacheOutcome }> {
    if (!route.config.cache.exact) return { value: await request(call), model: '', cache: 'off' };
    let completion: EmbeddingCompletion | undefined;
    const requestOnce = async (bounds: CallBounds): Promise<Embeddings> => {
      completion = await request(bounds);
      if (completion.model !== first.reference) throw new FallbackEmbeddings(completion);
      return completion;
    };
    try {
      const scope = this.#scopeOf(call, route, first);
      const { value, cache } = await this.#answers.embed(call.request, scope, call, requestOnce);
      return { value: completion ?? value, model: first.reference, cache: completion === undefined ? cache : 'miss' };
    } catch (error) {
      if (!(error instanceof FallbackEmbeddings)) throw error;
      const { embeddings } = error;
      return { value: embeddings, model: embeddings.model, cache: completion === embeddings ? 'miss' : 'shared' };
    }
  }

  #scopeOf(call: CallContext, route: Route, first: Target): AnswerScope {
    const { cache } = route.config;
    return {
      ...targetScope(first),
      tenant: cache.shared ? undefined : call.caller.tenant,
      scope: call.prompt === undefined ? this.#scope : `${this.#scope} ${call.prompt}`,
      ttlMs: cache.ttlMs,
      ...(call.prompt === undefined ? {} : { tags: [`prompt:${call.prompt}`] }),
    };
  }
}

/** Carries a fallback's vectors past the cache, which would store them under the wrong model. */
class FallbackEmbeddings extends Error {
  readonly embeddings: EmbeddingCompletion;

  constructor(embeddings: EmbeddingCompletion) {
    super();
    this.embeddings = embeddings;
  }
}

function targetScope({ reference, config }: Target): Pick<AnswerScope, 'target' | 'structured'> {
  return { target: reference, structured: config.structured };
}
