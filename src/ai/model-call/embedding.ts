/** Embeddings: texts in, vectors out. */
import type { Usage } from './usage.ts';

export interface EmbeddingRequest {
  /** Empty if `tokens` is set. */
  readonly texts: readonly string[];
  /** Token ids instead of texts, for clients that use the model's tokenizer. Never empty. */
  readonly tokens?: readonly (readonly number[])[];
  /** The length of each vector, for models that can shorten it. Default: the model's. */
  readonly dimensions?: number;
  readonly user?: string;
}

export interface Embeddings {
  /** One vector per text, in order. */
  readonly vectors: readonly Float32Array[];
  readonly usage: Usage;
  readonly requestId?: string;
}
