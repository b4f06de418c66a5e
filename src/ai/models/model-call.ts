/** What the rest of Isthmus asks of models, and what it is told back: an alias in, an answer with its price out. */

import type { GatewayError } from '../../errors/index.ts';
import type {
  CacheOutcome,
  CallBounds,
  Completion,
  EmbeddingCompletion,
  EmbeddingRequest,
  ModelRequest,
  ModerationCompletion,
  StreamDelta,
} from '../model-call/index.ts';

/** Who a call is made for. Until the access issue lands, everyone is the anonymous principal of tenant `public`. */
export interface Caller {
  readonly id: string;
  readonly tenant: string;
}

/** What every call says, whatever it asks. */
export interface CallContext extends CallBounds {
  /** An alias of `ai.models`. */
  readonly alias: string;
  readonly caller: Caller;
  /** The prompt the call was rendered from, with its version: `review-summary@3`. */
  readonly prompt?: string;
  /** What a percentage split is kept constant by, such as an entity's key. Default: the caller. */
  readonly stickyKey?: string;
  /** The request or operation this belongs to, for logs and records. */
  readonly requestId?: string;
}

export interface ModelCall extends CallContext {
  readonly request: ModelRequest;
}

export interface ModerationCall extends Omit<CallContext, 'alias'> {
  /** Whose model judges; `undefined`: that of `ai.guardrails.moderation`. */
  readonly alias: string | undefined;
  readonly texts: readonly string[];
}

export interface EmbeddingCall extends CallContext {
  readonly request: EmbeddingRequest;
}

/**
 * The client's stream: `start` (before the first delta: which model answers is settled, and never changes after it),
 * deltas, then exactly one `end` or `failed`, then nothing. It throws only the signal's reason.
 */
export type ModelStreamPart =
  | {
      readonly type: 'start';
      readonly model: string;
      readonly cache: CacheOutcome;
      readonly adapted?: readonly string[];
    }
  | StreamDelta
  | { readonly type: 'end'; readonly answer: Completion }
  | { readonly type: 'failed'; readonly error: GatewayError };

/** An alias, as `GET /v1/models` lists it. */
export interface ListedModel {
  readonly alias: string;
  /** The references of its targets, in order. */
  readonly targets: readonly string[];
}

/** An alias with what it can do and whether it can be reached now. */
export interface DescribedModel extends ListedModel {
  /** What its models are for, as far as their names tell; missing: nothing is known of them. */
  readonly operations?: readonly ('chat' | 'embeddings')[];
  /** What its targets are declared to be able to do; missing: nothing is left out. */
  readonly capabilities?: readonly string[];
  /** Whether a call would be sent to any of its targets now. */
  readonly isReachable: boolean;
  /** Of its targets; none: none of them has a key. */
  readonly states: readonly ListedTarget[];
}

/** `no_price`: none is known · `failing`: its circuit breaker is open. */
export interface ListedTarget {
  readonly reference: string;
  readonly state: 'ready' | 'no_price' | 'failing';
}

/**
 * Every model call of Isthmus goes through it. `complete` and `embed` reject with a `GatewayError`:
 *
 * - `AI_MODEL_NOT_FOUND`: there is no such alias · `AI_MODEL_UNAVAILABLE`: no target answered
 * - `RATE_LIMITED`: every target is at its limits, ours or the provider's; `retryAfterMs` says for how long
 * - `AI_REQUEST_UNSUPPORTED`: no target can do what is asked; it is named · `AI_REQUEST_INVALID`: a provider refused it
 * - `AI_CONTEXT_WINDOW_EXCEEDED`, `AI_INPUT_BLOCKED` (a guardrail or a provider's content policy)
 * - `AI_STREAM_INCOMPLETE`, `AI_PRICE_UNKNOWN`, `GATEWAY_TIMEOUT` (the caller's deadline)
 *
 * A refusal, or an answer cut at its bound, is an answer: `finishReason` says so.
 */
export interface ModelClient {
  complete(call: ModelCall): Promise<Completion>;
  stream(call: ModelCall): AsyncIterable<ModelStreamPart>;
  /** The vectors of two models cannot be compared: hold on to `model` beside every vector that is kept. */
  embed(call: EmbeddingCall): Promise<EmbeddingCompletion>;
  /**
   * Judges texts: by the moderation model of a provider that has some, else by asking a model for its judgement. Missing:
   * this client judges nothing. Rejects with `AI_MODEL_NOT_FOUND` where no model is named and none is configured.
   */
  moderate?(call: ModerationCall): Promise<ModerationCompletion>;
  /** Whether the alias is known and has a target left. */
  has(alias: string): boolean;
  list(): readonly ListedModel[];
  /** The same with more told of each. Missing: this client knows no more. */
  describe?(): readonly DescribedModel[];
  close(): Promise<void>;
}
