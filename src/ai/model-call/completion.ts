/** The result of a call: the answer with its cost, model and cache outcome. */
import type { Embeddings } from './embedding.ts';
import type { ModelAnswer } from './model-answer.ts';
import type { Moderation } from './moderation.ts';

export type ModerationCompletion = Moderation & CallSummary;

/** The result of a call, apart from its answer. */
export interface CallSummary {
  /** The reference of the target that answered, `<provider>/<model id>`. */
  readonly model: string;
  /** The number of requests sent to providers, the successful one included; 0 for a cache hit. */
  readonly attempts: number;
  /** `exact`, `semantic`: a cache hit · `shared`: an equal call in flight was shared · `miss` · `off`. */
  readonly cache: CacheOutcome;
  /** In nano-dollars, rounded up once; 0n for a cache hit and for a caller that shared another call. */
  readonly costNanoUsd: bigint;
  /** From the start of the call to its end, in milliseconds. */
  readonly durationMs: number;
  /** The fields of the request that were adapted to the target: see `ProviderCall.adapted`. */
  readonly adapted?: readonly string[];
}

export type CacheOutcome = 'exact' | 'semantic' | 'shared' | 'miss' | 'off';

export type Completion = ModelAnswer & CallSummary;

export type EmbeddingCompletion = Embeddings & CallSummary;
