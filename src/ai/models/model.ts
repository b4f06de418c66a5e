import type { Deadline } from '../../lib/index.ts';

/** One message of a conversation, in the form every provider is given. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A JSON schema (draft 2020-12), as structured output is asked for. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What the answer must be: plain text, or JSON text that fits a schema. */
export type OutputForm =
  | { readonly kind: 'text' }
  | {
      readonly kind: 'json';
      /** A name providers show in their logs: letters, digits, `_` and `-`. */
      readonly name: string;
      readonly schema: JsonSchema;
    };

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly output: OutputForm;
  /** The upper bound of the answer, in tokens. */
  readonly maxOutputTokens: number;
  /** 0 (most likely words) to 2. Default: the provider's. */
  readonly temperature?: number;
}

/** How much was read and written, in tokens of the model's own. `input` includes cached tokens, `output` reasoning. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** `reported` by the provider, or `estimated` by us where it said nothing. */
  readonly source: 'reported' | 'estimated';
}

export type FinishReason = 'stop' | 'length' | 'content_filter';

export interface ModelAnswer {
  /** Plain text, or JSON text where the request's output is `json`. Never validated here. */
  readonly text: string;
  readonly finishReason: FinishReason;
  /** The model's own words for refusing, where it did; `text` is then empty. */
  readonly refusal?: string;
  readonly usage: Usage;
}

export interface Embeddings {
  /** One vector per text, in order. */
  readonly vectors: readonly Float32Array[];
  readonly usage: Usage;
}

/** What bounds a call: everything that waits has a signal and a deadline. */
export interface CallBounds {
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
}

/**
 * A source of models. Implementations: `openai` (any endpoint of that wire) and `local`.
 *
 * Both calls throw `GatewayError` `AI_MODEL_UNAVAILABLE` when the provider cannot be reached, answers with an error,
 * misses the deadline, or cannot do what is asked; the reason is in `detail`. They reject with the signal's reason
 * when the signal aborts.
 */
export interface ModelProvider {
  readonly name: string;
  complete(model: string, request: ModelRequest, bounds: CallBounds): Promise<ModelAnswer>;
  embed(model: string, texts: readonly string[], bounds: CallBounds): Promise<Embeddings>;
  close(): Promise<void>;
}
