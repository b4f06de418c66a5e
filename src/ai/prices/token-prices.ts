/**
 * What a call costs by a price list: one price for each kind of token, in pico-dollars, as integers. Every token is
 * counted in exactly one kind, the most specific one that is priced: a cached token is not paid as input as well.
 */

import type { ReportedUsage } from '../model-call/index.ts';
import { nanoOfPico } from './money.ts';

/** Pico-dollars per token, each kind resolved to the price that is paid for it. */
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
  /** Pico-dollars per call, whatever its tokens. */
  readonly call: bigint;
  /** Pico-dollars per search on the web. */
  readonly webSearch: bigint;
}

/** `tiers` are ascending; the last one that the whole input is above prices the whole call, as vendors bill it. */
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
  // The common case first: nothing cached, no sound.
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

/** Where nobody says how much of the sound was cached, only as much as must have been: what is uncached costs more. */
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

/** How much a call may read and write. */
export interface UsageBound {
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** Whether sound may be read or written, which costs more. @default false */
  readonly sound?: boolean;
  /** Whether input may be kept for an hour, which costs more. @default false */
  readonly hourWrites?: boolean;
}

/**
 * The most that a call within `bound` can cost, in nano-dollars, rounded up: every input token as dear as the dearest
 * kind (a cache write included, but the hour-long one only where it is asked for), every
 * output token likewise, in the dearest tier the input can reach. Searches on the web are not in it.
 */
export function mostForBound({ base, tiers }: PriceList, bound: UsageBound): bigint {
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
