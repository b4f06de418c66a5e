/** One operation as it is kept, from its client to its tokens: without texts, unless the configuration asks for them. */
import type { AnswerSource, Door, OperationKind, RequestEnd } from '../index.ts';

export interface OperationRecord {
  /** Of this record alone, in every gateway; ids ascend with time. */
  readonly id: string;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly door: Door;
  readonly kind: OperationKind | undefined;
  /** The operation's name, the alias that /v1 was asked for, or the prompt. */
  readonly operation: string | undefined;
  readonly signature: string | undefined;
  readonly client: string | undefined;
  readonly clientVersion: string | undefined;
  readonly principal: string | undefined;
  readonly principalKind: string | undefined;
  readonly tenant: string | undefined;
  readonly status: number;
  /** How many errors the answer has; 1 where an error is the whole answer. */
  readonly errors: number;
  /** Each once. */
  readonly codes: readonly string[];
  readonly durationMs: number;
  /** Of it, waited for subgraphs and models: the rest is ours. */
  readonly waitedMs: number;
  readonly nanoUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** How many operations it stands for: those that were not kept beside it, and itself. */
  readonly weight: number;
  /** The AI fields that were asked for, and what answered: references and aliases of models. Each once. */
  readonly fields: readonly string[];
  readonly models: readonly string[];
  readonly details: RecordDetails;
  /** Undefined where they are not kept. */
  readonly document: string | undefined;
  readonly variables: string | undefined;
}

/** What nothing is searched by. Times are milliseconds; `at` is after the beginning of the operation. Zeros and what is usual are left out. */
export interface RecordDetails {
  readonly end?: Exclude<RequestEnd, 'answered'>;
  readonly source?: Exclude<AnswerSource, 'made'>;
  readonly generation?: string;
  readonly outcome?: string;
  readonly contract?: string;
  /** The whole exchange, where it took longer than the operation. */
  readonly requestMs?: number;
  readonly parseMs?: number;
  readonly validateMs?: number;
  readonly planMs?: number;
  /** In points. */
  readonly costEstimated?: number;
  readonly costActual?: number;
  readonly estimatedNanoUsd?: number;
  readonly fetches?: readonly RecordedFetch[];
  readonly calls?: readonly RecordedCall[];
  /** Fetches and calls that are not listed: an operation may have thousands. */
  readonly unlisted?: number;
}

export interface RecordedFetch {
  readonly at: number;
  readonly ms: number;
  readonly subgraph: string;
  readonly kind: 'root' | 'entities';
  readonly outcome: string;
  readonly entities?: number;
  readonly hits?: number;
  readonly stale?: number;
  readonly shared?: true;
  readonly attempts?: readonly {
    readonly at: number;
    readonly ms: number;
    readonly outcome: string;
    readonly status?: number;
  }[];
  readonly fields?: readonly RecordedField[];
}

export interface RecordedField {
  readonly at: number;
  readonly ms: number;
  readonly field: string;
  readonly items: number;
  readonly cached?: number;
  readonly failed?: number;
  readonly codes?: readonly string[];
}

export interface RecordedCall {
  readonly at: number;
  readonly ms: number;
  readonly field?: string;
  readonly alias: string;
  readonly model?: string;
  readonly prompt?: string;
  readonly finish: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** A decimal of US dollars. */
  readonly usd?: string;
  readonly cache?: 'exact' | 'semantic' | 'shared' | 'miss';
  readonly firstTokenMs?: number;
  /** Of more than one. */
  readonly attempts?: readonly { readonly model: string; readonly outcome: string; readonly ms: number }[];
  readonly shadow?: true;
}
