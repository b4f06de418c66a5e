import type { PricedVersion } from '../fields/index.ts';
import type { CallPrice } from '../model-call/index.ts';
import type { Caller, ModelClient } from '../models/index.ts';

/**
 * The most that one call for one item costs; in a batch, its share of the call.
 * @param alias that answers. @default the field's own
 * @returns undefined where no price is known: then no call is made
 */
export function callPrice(
  models: ModelClient,
  version: PricedVersion,
  caller: Caller,
  alias = version.alias,
): CallPrice | undefined {
  const { prompt, inputTokens, outputTokens, batch } = version;
  const priceOf = (input: number, output: number): bigint | undefined =>
    models.priceOf?.({ alias, caller, inputTokens: input, maxOutputTokens: output });
  const alone = priceOf(inputTokens, outputTokens);
  if (alone === undefined) return undefined;
  if (batch === undefined) return { alias, prompt, nanoUsd: alone, tokens: inputTokens + outputTokens };
  const { max, inputTokens: input, outputTokens: output } = batch;
  const share = ceilDivide(priceOf(max * input, max * output) ?? 0n, BigInt(max));
  // What a call costs by itself is not shared where an item comes alone.
  const together = share + (priceOf(0, 0) ?? 0n);
  return { alias, prompt, nanoUsd: together > alone ? together : alone, tokens: input + output };
}

function ceilDivide(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
