/** The interface of the model client: calls name an alias of `ai.models`, answers carry their usage and price. */

import type { GatewayError } from '../../errors/index.ts';
import type { CallEvents } from '../../observability/index.ts';
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

/** The principal of a call. */
export interface Caller {
  readonly id: string;
  readonly tenant: string;
}

/** The fields that all calls share. */
export interface CallContext extends CallBounds {
  /** An alias of `ai.models`. */
  readonly alias: string;
  readonly caller: Caller;
  /** The prompt the call was rendered from, with its version: `review-summary@3`. */
  readonly prompt?: string;
  /** The AI field that it is for, `Type.field`. */
  readonly field?: string;
  /** The key by which a weighted split is sticky, such as an entity's key. @default the caller */
  readonly stickyKey?: string;
  /** The request or operation this belongs to, for logs and records. */
  readonly requestId?: string;
  /** Whose call it is. @default nobody looks at it */
  readonly events?: CallEvents | undefined;
  /** The calls that its account has announced and that this is, by their keys, each as often as items are in it. */
  readonly planned?: readonly string[];
}

/** A call as far as its price depends on it. */
export interface PricedCall {
  readonly alias: string;
  readonly caller: Caller;
  readonly inputTokens: number;
  /** Undefined: as much as the model writes. */
  readonly maxOutputTokens: number | undefined;
  /** How many answers are billed. @default 1 */
  readonly choices?: number;
}

export interface ModelCall extends CallContext {
  readonly request: ModelRequest;
}

export interface ModerationCall extends Omit<CallContext, 'alias'> {
  /** The alias of the moderation model; `undefined`: that of `ai.guardrails.moderation`. */
  readonly alias: string | undefined;
  readonly texts: readonly string[];
}

export interface EmbeddingCall extends CallContext {
  readonly request: EmbeddingRequest;
}

/**
 * The client's stream: `start` (before the first delta; the model does not change after it), deltas, then exactly one
 * `end` or `failed`. It throws only the signal's reason.
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
  /** The operations of its models, derived from their ids; missing: unknown. */
  readonly operations?: readonly ('chat' | 'embeddings')[];
  /** The declared capabilities of its targets; missing: all. */
  readonly capabilities?: readonly string[];
  /** Whether a call would be sent to any of its targets now. */
  readonly isReachable: boolean;
  /** The state of each target; empty: no target has a key. */
  readonly states: readonly ListedTarget[];
}

/** `no_price`: no price is known · `failing`: its circuit breaker is open. */
export interface ListedTarget {
  readonly reference: string;
  readonly state: 'ready' | 'no_price' | 'failing';
}

/**
 * All model calls of the gateway go through this client. `complete` and `embed` reject with a `GatewayError`:
 *
 * - `AI_MODEL_NOT_FOUND`: there is no such alias · `AI_MODEL_UNAVAILABLE`: no target answered
 * - `RATE_LIMITED`: every target is at its limits, the configured or the provider's; `retryAfterMs` is set
 * - `AI_REQUEST_UNSUPPORTED`: no target supports the request; the unsupported field is named · `AI_REQUEST_INVALID`: a provider refused it
 * - `AI_CONTEXT_WINDOW_EXCEEDED`, `AI_INPUT_BLOCKED` (a guardrail or a provider's content policy)
 * - `AI_STREAM_INCOMPLETE`, `AI_PRICE_UNKNOWN`, `GATEWAY_TIMEOUT` (the caller's deadline)
 *
 * A refusal, or an answer truncated at its bound, is an answer with that `finishReason`.
 */
export interface ModelClient {
  complete(call: ModelCall): Promise<Completion>;
  stream(call: ModelCall): AsyncIterable<ModelStreamPart>;
  /** Vectors of different models cannot be compared: store `model` beside every vector. */
  embed(call: EmbeddingCall): Promise<EmbeddingCompletion>;
  /**
   * Moderates texts with a provider's moderation model, or by prompting a text model. Missing: this client has no
   * moderation. Rejects with `AI_MODEL_NOT_FOUND` if no model is named and none is configured.
   */
  moderate?(call: ModerationCall): Promise<ModerationCompletion>;
  /**
   * The most that the first attempt of a call may cost, in nano-dollars: at the dearest of the targets that it may be sent
   * to first. Undefined: there is no such alias, or no price is known; then no call is made. Missing: not supported by this
   * client.
   */
  priceOf?(call: PricedCall): bigint | undefined;
  /** Whether the alias exists and has at least one usable target. */
  has(alias: string): boolean;
  list(): readonly ListedModel[];
  /** The aliases with capabilities and target states. Missing: not supported by this client. */
  describe?(): readonly DescribedModel[];
  close(): Promise<void>;
}
