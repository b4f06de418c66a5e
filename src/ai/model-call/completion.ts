/** What a call came to: the answer, and what it cost, from which model and cache. */
import type { Embeddings } from './embedding.ts';
import type { ModelAnswer } from './model-answer.ts';
import type { Moderation } from './moderation.ts';

export type ModerationCompletion = Moderation & CallSummary;

/** What a call came to, beside its answer. */
export interface CallSummary {
  /** The reference of the target that answered, `<provider>/<model id>`. */
  readonly model: string;
  /** How many requests went to providers, the one that answered included; 0 for a cache hit. */
  readonly attempts: number;
  /** `exact`, `semantic`: nothing was asked · `shared`: an equal call in flight was shared · `miss` · `off`. */
  readonly cache: CacheOutcome;
  /** In nano-dollars, rounded up once; 0n for a hit and for whoever shared another's call. */
  readonly costNanoUsd: bigint;
  /** From the call's begin to its end, in milliseconds. */
  readonly durationMs: number;
  /** What was changed of the request so that the target could take it: see `ProviderCall.adapted`. */
  readonly adapted?: readonly string[];
}

export type CacheOutcome = 'exact' | 'semantic' | 'shared' | 'miss' | 'off';

export type Completion = ModelAnswer & CallSummary;

export type EmbeddingCompletion = Embeddings & CallSummary;
