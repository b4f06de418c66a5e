/** The interface of a model provider, and the bounds of a call. */
import type { Abortable, Deadline } from '../../lib/index.ts';
import type { EmbeddingRequest, Embeddings } from './embedding.ts';
import type { ModelAnswer } from './model-answer.ts';
import type { ModelRequest } from './model-request.ts';
import type { Moderation } from './moderation.ts';
import type { SpendAccount } from './spend-account.ts';
import type { ProviderStreamPart } from './stream-part.ts';

/** The bounds of a call: a signal and a deadline. */
export interface CallBounds {
  readonly signal: Abortable;
  readonly deadline: Deadline;
  /** Who pays for what is sent to providers. @default it is not charged to anyone */
  readonly account?: SpendAccount | undefined;
  /**
   * Whether the signal aborts at the deadline too, with a failure of kind `timeout`: no other timer is needed, and the
   * deadline may be lifted. @default false
   */
  readonly isTimed?: boolean;
  /**
   * Calls `stop` with the signal's reason when it aborts: with less than a listener costs, and a signal that nobody reads
   * is not made. Throws the reason where it has aborted already. @default the signal's own event is used
   */
  onStop?(stop: (reason: unknown) => void): void;
  /** Headers of the request of this call alone, names and values alternately. @default none */
  readonly headers?: readonly string[] | undefined;
  /**
   * Called just before the first byte of the request is written, by providers that say so (`announcesSends`); what it
   * throws fails the call, and nothing is sent.
   */
  onSend?(): void;
  /** Called whenever any bytes of the answer arrive, comments and pings of a stream included: the provider is alive. */
  onArrival?(): void;
}

/** The policy for fields that a target does not support: see `ai.providers.<name>.unsupported`. */
export type UnsupportedPolicy = 'adapt' | 'drop' | 'refuse';

export interface ProviderCall extends CallBounds {
  /** Made when it is first read: a provider that stops by `onStop` needs none. */
  readonly signal: AbortSignal;
  /** The index of the key to send: 0 to `keys - 1`. */
  readonly key: number;
  /** How the target requests JSON output. */
  readonly structured: 'json_schema' | 'json_object' | 'tool' | 'prompt';
  /** The configured bound of the target's output tokens. */
  readonly maxOutputTokens?: number | undefined;
  /**
   * The client's fields that the provider adapted to its target: `user` (omitted), `max_tokens=64000` (changed). The
   * provider appends to it before it sends the request.
   */
  readonly adapted?: string[];
}

/**
 * A source of models. Implementations: `openai` (any endpoint of that wire), `anthropic`, `ai-sdk` (any AI SDK provider
 * package) and `local`.
 *
 * One call is one HTTP request: retries, keys, routing and records are the model client's. `complete` and `embed` reject
 * with a `ProviderFailure`; `stream` never throws: its last part is `end` or `failed`. When the signal aborts, the
 * provider's connection is closed within 100 ms and the call rejects with the signal's reason (`stream` throws it).
 */
export interface ModelProvider {
  readonly name: string;
  /** The number of keys to rotate; 1 if none is needed. */
  readonly keys: number;
  /** Host and port of its endpoint; missing: it is in this process, or not known. */
  readonly server?: string | undefined;
  /** Whether it calls `onSend`. @default a call is taken to be sent when it begins */
  readonly announcesSends?: boolean | undefined;
  complete(model: string, request: ModelRequest, call: ProviderCall): Promise<ModelAnswer>;
  stream(model: string, request: ModelRequest, call: ProviderCall): AsyncIterable<ProviderStreamPart>;
  embed(model: string, request: EmbeddingRequest, call: ProviderCall): Promise<Embeddings>;
  /** Missing: the provider has no moderation models. */
  moderate?(model: string, texts: readonly string[], call: ProviderCall): Promise<Moderation>;
  close(): Promise<void>;
}
