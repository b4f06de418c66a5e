/** A source of models, and what bounds a call of one. */
import type { Deadline } from '../../lib/index.ts';
import type { EmbeddingRequest, Embeddings } from './embedding.ts';
import type { ModelAnswer } from './model-answer.ts';
import type { ModelRequest } from './model-request.ts';
import type { Moderation } from './moderation.ts';
import type { ProviderStreamPart } from './stream-part.ts';

/** What bounds a call: everything that waits has a signal and a deadline. */
export interface CallBounds {
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** Told whenever anything of the answer arrives, a comment or a ping of its stream too: the provider is alive. */
  readonly onArrival?: () => void;
}

/** What becomes of a field that a target has no place for: see `ai.providers.<name>.unsupported`. */
export type UnsupportedPolicy = 'adapt' | 'drop' | 'refuse';

export interface ProviderCall extends CallBounds {
  /** Which of the provider's keys to send: 0 to `keys - 1`. */
  readonly key: number;
  /** How the target asks for JSON. */
  readonly structured: 'json_schema' | 'json_object' | 'tool' | 'prompt';
  /** The most tokens the target writes in one answer, where the configuration says so. */
  readonly maxOutputTokens?: number | undefined;
  /**
   * What the provider changed of the request so that its target takes it, in the names of the client's fields: `user`
   * (left out), `max_tokens=64000` (given another value). The provider adds to it before it sends.
   */
  readonly adapted?: string[];
}

/**
 * A source of models. Implementations: `openai` (any endpoint of that wire), `ai-sdk` (any AI SDK provider package) and
 * `local`.
 *
 * One call is one HTTP request: retries, keys, routing and records are the model client's. `complete` and `embed` reject
 * with a `ProviderFailure`; `stream` never throws: its last part is `end` or `failed`. When the signal aborts, the
 * provider's connection is closed within 100 ms and the call rejects with the signal's reason (`stream` throws it).
 */
export interface ModelProvider {
  readonly name: string;
  /** How many keys there are to rotate; 1 where none is needed. */
  readonly keys: number;
  complete(model: string, request: ModelRequest, call: ProviderCall): Promise<ModelAnswer>;
  stream(model: string, request: ModelRequest, call: ProviderCall): AsyncIterable<ProviderStreamPart>;
  embed(model: string, request: EmbeddingRequest, call: ProviderCall): Promise<Embeddings>;
  /** Missing: it has no moderation models. */
  moderate?(model: string, texts: readonly string[], call: ProviderCall): Promise<Moderation>;
  close(): Promise<void>;
}
