import type { LedgerDimension } from '../observability/index.ts';

/** Those that identify people: stored by a keyed hash, their values encrypted. */
export const namedDimensions: ReadonlySet<LedgerDimension> = new Set(['principal', 'tenant', 'team', 'client']);

export interface LedgerSums {
  /** Rows: requests to providers, and answers from caches. */
  readonly rows: bigint;
  readonly cached: bigint;
  readonly reserved: bigint;
  readonly settled: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly tokens: bigint;
  readonly calls: bigint;
}
