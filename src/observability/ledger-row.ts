/** One request to a provider, or one answer from a cache, as the ledger has it. */

export interface LedgerRow {
  /** Of this row alone, in every gateway: a row that is written twice is stored once. */
  readonly id: string;
  /** When it was charged, in milliseconds since 1970. */
  readonly at: number;
  /** Who: the principal's id, in whichever form its kind has. */
  readonly principal: string;
  readonly kind: string;
  readonly tenant: string;
  readonly team: string | undefined;
  /** The client's name, as its header has it. */
  readonly client: string | undefined;
  /** Where the request came in: `graphql`, or a route such as `/v1/chat/completions`. */
  readonly door: string;
  /** The GraphQL operation's name. */
  readonly operation: string | undefined;
  /** The AI field, `Type.field`. */
  readonly field: string | undefined;
  /** With its version: `review-summary@3`. */
  readonly prompt: string | undefined;
  readonly alias: string;
  /** The reference of the target, `<provider>/<model id>`. */
  readonly model: string;
  readonly traffic: 'live' | 'shadow';
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Who counted the tokens; undefined: nobody, because none were used or the gateway ended before. */
  readonly usageSource: 'reported' | 'estimated' | undefined;
  /** Where the price is from, and its date; undefined: nothing was priced. */
  readonly priceSource: string | undefined;
  readonly priceVersion: string | undefined;
  readonly priceDate: string | undefined;
  /** Which cache answered, such as `exact`; undefined: a provider was asked. */
  readonly cached: string | undefined;
  /** The most that it could cost, and what it cost, in nano-dollars. */
  readonly reserved: number;
  readonly settled: number;
  /** What budgets of tokens and calls count. */
  readonly tokens: number;
  readonly calls: number;
  /** `ok`, the kind of failure, `aborted`; `lost`: the gateway ended before it, so it is settled at what was reserved. */
  readonly outcome: string;
  readonly requestId: string | undefined;
}

/** What sums are made by. */
export const ledgerDimensions = [
  'principal',
  'kind',
  'tenant',
  'team',
  'client',
  'door',
  'operation',
  'field',
  'prompt',
  'alias',
  'model',
  'traffic',
] as const;
export type LedgerDimension = (typeof ledgerDimensions)[number];
