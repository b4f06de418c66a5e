/**
 * What the calls of a request of /v1 may cost, before any is made: compared with the client's `isthmus-max-usd`, told to a
 * client that wants nothing else (`isthmus-dry-run`), and held in the budgets together where they are several.
 */
import type { EmbeddingRequest, PlannedCalls, SpendAccount } from '../../ai/model-call/index.ts';
import type { ModelClient, PricedCall } from '../../ai/models/index.ts';
import { estimateTokens } from '../../ai/tokens/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { formatUsd } from '../../lib/index.ts';

type CallBound = Pick<PricedCall, 'inputTokens' | 'maxOutputTokens'>;

export interface V1PricedCall extends PricedCall {
  readonly prompt?: string | undefined;
}

export interface PriceCallsOptions {
  readonly models: ModelClient;
  /** The aliases that the caller may name. */
  readonly aliases: readonly string[];
  readonly maxNanoUsd: number | undefined;
}

/** @throws GatewayError `AI_COST_ESTIMATED_TOO_EXPENSIVE` @returns nano-dollars */
export function priceCalls(calls: readonly V1PricedCall[], { models, aliases, maxNanoUsd }: PriceCallsOptions): bigint {
  const totalWith = (alias?: string): bigint => {
    let total = 0n;
    for (const call of calls) total += models.priceOf?.({ ...call, alias: alias ?? call.alias }) ?? 0n;
    return total;
  };
  const nanoUsd = totalWith();
  if (maxNanoUsd === undefined || nanoUsd <= BigInt(maxNanoUsd)) return nanoUsd;
  const cheaper = aliases.filter(
    (alias) =>
      calls.every((call) => models.priceOf?.({ ...call, alias }) !== undefined) &&
      totalWith(alias) <= BigInt(maxNanoUsd),
  );
  const fits = [
    'a smaller max_tokens',
    'a shorter input',
    ...cheaper.slice(0, 3).map((alias) => `the model "${alias}"`),
  ];
  const limit = formatUsd(BigInt(maxNanoUsd));
  throw new GatewayError('AI_COST_ESTIMATED_TOO_EXPENSIVE', {
    message: `The request may cost $${formatUsd(nanoUsd)}; at most $${limit} are allowed (isthmus-max-usd). What could fit: ${fits.join(', ')}.`,
  });
}

/** Room for all of them or none. @returns their keys, one for each */
export function planCalls(
  calls: readonly V1PricedCall[],
  account: SpendAccount,
  models: ModelClient,
): readonly string[] {
  const keys = calls.map((_call, index) => `call ${index + 1}`);
  account.plan(
    calls.map((call, index): PlannedCalls => {
      const { prompt, inputTokens, maxOutputTokens = 0, choices = 1 } = call;
      const priceWith = (alias: string) => {
        const nanoUsd = models.priceOf?.({ ...call, alias });
        return nanoUsd === undefined
          ? undefined
          : { alias, prompt, nanoUsd, tokens: inputTokens + choices * maxOutputTokens };
      };
      const price = priceWith(call.alias);
      const prices = price === undefined ? [] : [price];
      return { key: keys[index] ?? '', items: 1, callsPerItem: 1, prices, priceWith };
    }),
  );
  return keys;
}

export function boundOfEmbedding({ texts, tokens = [] }: EmbeddingRequest): CallBound {
  let inputTokens = 0;
  for (const text of texts) inputTokens += estimateTokens(text);
  for (const ids of tokens) inputTokens += ids.length;
  return { inputTokens, maxOutputTokens: 0 };
}

/** Of the words around a text that is judged, and of the judgement. */
const moderationTokens = 200;

export function boundOfModeration(text: string): CallBound {
  return { inputTokens: estimateTokens(text) + moderationTokens, maxOutputTokens: moderationTokens };
}
