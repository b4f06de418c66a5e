/**
 * The cost of a call by a price list: one price per kind of token, in pico-dollars, as integers. Every token is counted
 * in exactly one kind, the most specific one with a price: a cached token is not charged as input as well.
 */

import { nanoOfPico } from '../../lib/index.ts';
import type { ReportedUsage } from '../model-call/index.ts';

/** Pico-dollars per token, each kind with its effective price. */
export interface TokenPrices {
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly cacheWrite: bigint;
  readonly cacheWriteHour: bigint;
  readonly inputAudio: bigint;
  readonly cachedAudio: bigint;
  readonly output: bigint;
  readonly reasoning: bigint;
  readonly outputAudio: bigint;
  readonly outputImage: bigint;
  /** Pico-dollars per call, independent of its tokens. */
  readonly call: bigint;
  /** Pico-dollars per web search. */
  readonly webSearch: bigint;
}

/** `tiers` are ascending; the last one below the size of the whole input prices the whole call, as vendors bill it. */
export interface PriceList {
  readonly base: TokenPrices;
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly prices: TokenPrices }[];
}

/** Nano-dollars, rounded up once. */
export function priceOfUsage({ base, tiers }: PriceList, usage: ReportedUsage): bigint {
  let prices = base;
  for (const tier of tiers) if (usage.inputTokens > tier.aboveInputTokens) prices = tier.prices;
  return nanoOfPico(inputPico(prices, usage) + outputPico(prices, usage) + prices.call + searchesPico(prices, usage));
}

function inputPico(prices: TokenPrices, usage: ReportedUsage): bigint {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, cacheWriteHourTokens = 0 } = usage;
  const { inputAudioTokens = 0 } = usage;
  // The common case first: nothing cached, no audio.
  if (cachedInputTokens === 0 && cacheWriteTokens === 0 && inputAudioTokens === 0)
    return BigInt(inputTokens) * prices.input;
  const cachedAudio = cachedSound(usage);
  const hour = Math.min(cacheWriteHourTokens, cacheWriteTokens);
  const plain = rest(inputTokens, cachedInputTokens + cacheWriteTokens + inputAudioTokens - cachedAudio);
  return (
    BigInt(plain) * prices.input +
    BigInt(cachedInputTokens - cachedAudio) * prices.cachedInput +
    BigInt(cachedAudio) * prices.cachedAudio +
    BigInt(inputAudioTokens - cachedAudio) * prices.inputAudio +
    BigInt(cacheWriteTokens - hour) * prices.cacheWrite +
    BigInt(hour) * prices.cacheWriteHour
  );
}

/** If the cached share of audio is unknown, the minimum is assumed: uncached input costs more. */
function cachedSound(usage: ReportedUsage): number {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, inputAudioTokens = 0 } = usage;
  const most = Math.min(cachedInputTokens, inputAudioTokens);
  const least = rest(cachedInputTokens + cacheWriteTokens + inputAudioTokens, inputTokens);
  return Math.min(most, usage.cachedAudioTokens ?? least);
}

function outputPico(prices: TokenPrices, usage: ReportedUsage): bigint {
  const { outputTokens, reasoningTokens = 0, outputAudioTokens = 0, outputImageTokens = 0 } = usage;
  const plain = rest(outputTokens, reasoningTokens + outputAudioTokens + outputImageTokens);
  return (
    BigInt(plain) * prices.output +
    BigInt(reasoningTokens) * prices.reasoning +
    BigInt(outputAudioTokens) * prices.outputAudio +
    BigInt(outputImageTokens) * prices.outputImage
  );
}

function searchesPico(prices: TokenPrices, { webSearches = 0 }: ReportedUsage): bigint {
  return webSearches === 0 ? 0n : BigInt(webSearches) * prices.webSearch;
}

function rest(whole: number, parts: number): number {
  return whole > parts ? whole - parts : 0;
}

/** The bounds of a call's tokens. */
export interface UsageBound {
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** Whether the call may have audio, which costs more. @default false */
  readonly sound?: boolean;
  /** Whether input may be cached for an hour, which costs more. @default false */
  readonly hourWrites?: boolean;
}

/**
 * The maximum cost of a call within `bound`, in nano-dollars, rounded up: every input token at the price of the most
 * expensive kind (cache writes included, those for an hour only if requested), every output token likewise, in the most
 * expensive tier that the input can reach. Web searches are not included.
 */
export function maxCost({ base, tiers }: PriceList, bound: UsageBound): bigint {
  let most = picoForBound(base, bound);
  for (const { aboveInputTokens, prices } of tiers)
    if (bound.inputTokens > aboveInputTokens) most = larger(most, picoForBound(prices, bound));
  return nanoOfPico(most);
}

function picoForBound(
  prices: TokenPrices,
  { inputTokens, maxOutputTokens, sound = false, hourWrites = false }: UsageBound,
): bigint {
  let input = larger(larger(prices.input, prices.cachedInput), prices.cacheWrite);
  let output = larger(larger(prices.output, prices.reasoning), prices.outputImage);
  if (hourWrites) input = larger(input, prices.cacheWriteHour);
  if (sound) {
    input = larger(input, larger(prices.inputAudio, prices.cachedAudio));
    output = larger(output, prices.outputAudio);
  }
  return BigInt(Math.ceil(inputTokens)) * input + BigInt(Math.ceil(maxOutputTokens)) * output + prices.call;
}

export function larger(first: bigint, second: bigint): bigint {
  return first > second ? first : second;
}
