/**
 * Converts the price lists of `@pydantic/genai-prices`: dated, by hour of the day, in tiers of input size, to integers.
 * The package's own calculation uses floats, and matches the model by pattern at every call.
 */
import type { ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import { invariant, picoPerCall, picoPerToken } from '../../lib/index.ts';
import type { PriceList, TokenPrices } from './token-prices.ts';

/** When a list applies; as in the package, the last matching entry is used, or the first if none matches. */
export interface DatedList {
  readonly holds:
    | { readonly kind: 'always' }
    | { readonly kind: 'from'; readonly time: number }
    | { readonly kind: 'hours'; readonly start: number; readonly end: number };
  readonly list: PriceList;
}

export type DatedLists = readonly [DatedList, ...DatedList[]];

/** `undefined`: the list has the model without token prices. */
export function readDated(info: ModelInfo): DatedLists | undefined {
  if (info.id.endsWith(':free')) return [freeOfCharge];
  const { prices } = info;
  const entries = Array.isArray(prices) ? prices : [{ prices }];
  const dated: DatedList[] = [];
  for (const { constraint, prices: listed } of entries) {
    const list = readList(listed);
    if (list === undefined) return undefined;
    if (constraint === undefined) dated.push({ holds: { kind: 'always' }, list });
    else if (constraint.type === 'start_date')
      dated.push({ holds: { kind: 'from', time: Date.parse(constraint.start_date) }, list });
    else
      dated.push({
        holds: { kind: 'hours', start: msOfDay(constraint.start_time), end: msOfDay(constraint.end_time) },
        list,
      });
  }
  const [first, ...others] = dated;
  return first === undefined ? undefined : [first, ...others];
}

/** `16:30:00Z` or `16:30:00+02:00` in milliseconds of the UTC day. */
function msOfDay(time: string): number {
  const moment = Date.parse(`1970-01-01T${time}`);
  invariant(Number.isFinite(moment), `a price list's hour is a time: ${time}`);
  return (moment + dayMs) % dayMs;
}

const dayMs = 86_400_000;

function holdsAt({ holds }: DatedList, time: number): boolean {
  if (holds.kind === 'always') return true;
  if (holds.kind === 'from') return time >= holds.time;
  const ofDay = ((time % dayMs) + dayMs) % dayMs;
  return holds.end < holds.start
    ? ofDay >= holds.start || ofDay < holds.end
    : ofDay >= holds.start && ofDay < holds.end;
}

export function listAt(dated: DatedLists, at: Date): PriceList {
  if (dated.length === 1) return dated[0].list;
  const time = at.getTime();
  return (dated.findLast((entry) => holdsAt(entry, time)) ?? dated[0]).list;
}

/** Every list that can apply to a call of this day: it may end in another hour than it began. */
export function listsOfDay(dated: DatedLists, at: Date): readonly PriceList[] {
  if (dated.length === 1) return [dated[0].list];
  const lists = dated.filter(({ holds }) => holds.kind === 'hours').map(({ list }) => list);
  const byDate = dated.filter(({ holds }) => holds.kind !== 'hours');
  const time = at.getTime();
  lists.push((byDate.findLast((entry) => holdsAt(entry, time)) ?? dated[0]).list);
  return lists;
}

/** `undefined` if a list has no token price: it is priced by pages or hours of audio, or not at all. */
function readList(prices: ModelPrice): PriceList | undefined {
  if (prices.input_mtok === undefined) return undefined;
  const starts = new Set<number>();
  for (const price of Object.values(prices))
    if (typeof price === 'object') for (const tier of price.tiers) starts.add(tier.start);
  return {
    base: listedPrices(prices, -1),
    tiers: [...starts]
      .sort((first, second) => first - second)
      .map((start) => ({ aboveInputTokens: start, prices: listedPrices(prices, start) })),
  };
}

/** The prices for inputs just above `start` tokens; each kind falls back to the kind that it is part of. */
function listedPrices(prices: ModelPrice, start: number): TokenPrices {
  const read = (key: string): bigint | undefined => {
    const price = prices[key];
    if (price === undefined) return undefined;
    if (typeof price === 'number') return picoPerToken(decimalOf(price));
    let value = price.base;
    for (const tier of [...price.tiers].sort((first, second) => first.start - second.start))
      if (start >= tier.start) value = tier.price;
    return picoPerToken(decimalOf(value));
  };
  const input = read('input_mtok') ?? 0n;
  const output = read('output_mtok') ?? 0n;
  const cachedInput = read('cache_read_mtok') ?? input;
  const cacheWrite = read('cache_write_5m_mtok') ?? read('cache_write_mtok') ?? input;
  const inputAudio = read('input_audio_mtok') ?? input;
  return {
    input,
    cachedInput,
    cacheWrite,
    cacheWriteHour: read('cache_write_1h_mtok') ?? read('cache_write_mtok') ?? input,
    inputAudio,
    cachedAudio: read('cache_audio_read_mtok') ?? read('cache_read_mtok') ?? inputAudio,
    output,
    reasoning: read('output_reasoning_mtok') ?? output,
    outputAudio: read('output_audio_mtok') ?? output,
    outputImage: read('output_image_mtok') ?? output,
    call: perCall(prices.requests_kcount),
    webSearch: perCall(prices.web_searches_kcount),
  };
}

function perCall(price: ModelPrice[string]): bigint {
  return typeof price === 'number' ? (picoPerCall(decimalOf(price)) ?? 0n) : 0n;
}

/**
 * The decimal that a number of the list stands for. Twelve digits are more than any price has and fewer than a float
 * has, so `0.18000000000000002`, a rounding error in the list, is read as `0.18`.
 */
function decimalOf(price: number): string {
  const text = String(Number(price.toPrecision(12)));
  return text.includes('e') ? price.toFixed(12) : text;
}

const freeOfCharge: DatedList = {
  holds: { kind: 'always' },
  list: { base: listedPrices({ input_mtok: 0 }, -1), tiers: [] },
};
