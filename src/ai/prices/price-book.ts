/**
 * The cost of a model call, by provider, model and date: prices of the configuration first, then those of
 * `@pydantic/genai-prices`, which only this folder imports. The prices are part of the package; nothing is ever
 * downloaded. Amounts are exact (lib/us-dollars.ts): the list's decimals are converted to integers before any multiplication.
 *
 * No list is authoritative, so every charge has the source of its price, its version and its day. An unknown price is
 * `undefined`, never 0: the model client then refuses the call (`AI_PRICE_UNKNOWN`). That includes models that the list
 * has without a price, except those whose id ends in `:free`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as PricesPackage from '@pydantic/genai-prices';
import type { TokenPrices as ConfiguredPrices, PriceOverride } from '../../config/index.ts';
import { invariant, onDemand, packageOnDemand, picoPerToken, stableHash } from '../../lib/index.ts';
import type { ReportedUsage } from '../model-call/index.ts';
import { type DatedLists, listAt, listsOfDay, readDated } from './listed-prices.ts';
import { larger, maxCost, type PriceList, priceOfUsage, type TokenPrices, type UsageBound } from './token-prices.ts';

/** Its lists take 3 MB. */
const pricesPackage = packageOnDemand<typeof PricesPackage>('@pydantic/genai-prices');

/** The cost of a call. */
export interface Charge {
  /** Nano-dollars, rounded up once. */
  readonly nanoUsd: bigint;
  readonly source: 'config' | 'genai-prices' | 'free';
  /** The list's version; for `config`, the first characters of a hash of the override. */
  readonly version: string;
  /** The day (UTC) of the price, `2026-06-01`. */
  readonly date: string;
}

/** The identity of a model for pricing. */
export interface PricedModel {
  /** `<provider>/<model id>`, as in `ai.prices`. */
  readonly reference: string;
  /** The provider whose prices apply, from `priceProviderOf`. */
  readonly priceProvider: string;
  readonly model: string;
}

export interface PriceBook {
  /** `undefined`: the price of this model is unknown. */
  priceOf(call: PricedModel & { readonly at: Date; readonly usage: ReportedUsage }): Charge | undefined;
  /** Whether `priceOf` has a price; checked before a call. */
  knows(model: PricedModel): boolean;
  /**
   * The maximum cost of a call: its tokens at the highest price of their kinds, at the most expensive hour. Rounded up.
   */
  upperBound(call: PricedModel & UsageBound & { readonly at: Date }): Charge | undefined;
}

export interface PriceBookOptions {
  /** `ai.prices`, by model reference. */
  readonly overrides: Readonly<Record<string, PriceOverride>>;
  /** Prices of this moment, whenever a call is made. @default the call's own `at` */
  readonly date?: Date;
}

/** References come from the configuration, but model names may come from callers: the cache is bounded. */
const maxCachedReferences = 2_000;

type Priced =
  | { readonly source: 'free'; readonly version: string }
  | { readonly source: 'config'; readonly version: string; readonly list: PriceList }
  | { readonly source: 'genai-prices'; readonly version: string; readonly dated: DatedLists };

export function createPriceBook({ overrides, date }: PriceBookOptions): PriceBook {
  const configured = new Map<string, Priced>();
  for (const [reference, override] of Object.entries(overrides)) configured.set(reference, readOverride(override));
  const cachedPrices = new Map<string, Priced | undefined>();

  function find({ reference, priceProvider, model }: PricedModel): Priced | undefined {
    const override = configured.get(reference);
    if (override !== undefined) return override;
    const key = `${priceProvider}/${model}`;
    if (cachedPrices.has(key)) return cachedPrices.get(key);
    if (cachedPrices.size >= maxCachedReferences) cachedPrices.clear();
    const priced = findPriced(priceProvider, model);
    cachedPrices.set(key, priced);
    return priced;
  }

  function charge(priced: Priced, at: Date, cost: (list: PriceList) => bigint, atWorst: boolean): Charge {
    const { source, version } = priced;
    const day = dayOf(at);
    if (priced.source === 'free') return { nanoUsd: 0n, source, version, date: day };
    if (priced.source === 'config') return { nanoUsd: cost(priced.list), source, version, date: day };
    if (!atWorst) return { nanoUsd: cost(listAt(priced.dated, at)), source, version, date: day };
    let nanoUsd = 0n;
    for (const list of listsOfDay(priced.dated, at)) nanoUsd = larger(nanoUsd, cost(list));
    return { nanoUsd, source, version, date: day };
  }

  return {
    priceOf(call) {
      const priced = find(call);
      if (priced === undefined) return undefined;
      return charge(priced, date ?? call.at, (list) => priceOfUsage(list, call.usage), false);
    },
    knows: (model) => find(model) !== undefined,
    upperBound(call) {
      const priced = find(call);
      if (priced === undefined) return undefined;
      return charge(priced, date ?? call.at, (list) => maxCost(list, call), true);
    },
  };
}

let dayText = '';
let dayNumber = Number.NaN;

/** Most calls are of the same day, and formatting it takes as long as the calculation of the price. */
function dayOf(at: Date): string {
  const day = Math.floor(at.getTime() / 86_400_000);
  if (day !== dayNumber) {
    dayText = at.toISOString().slice(0, 10);
    dayNumber = day;
  }
  return dayText;
}

function readOverride(override: PriceOverride): Priced {
  const version = stableHash(override).slice(0, 12);
  if (override.kind === 'free') return { source: 'free', version };
  return {
    source: 'config',
    version,
    list: {
      base: configuredPrices(override),
      tiers: override.tiers
        .map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, prices: configuredPrices(tier) }))
        .sort((first, second) => first.aboveInputTokens - second.aboveInputTokens),
    },
  };
}

/**
 * Missing prices default to the input price: no discount is assumed, and no surcharge on cache writes, which most
 * providers do not have. Cache writes for an hour default to the price of cache writes.
 */
function configuredPrices(prices: ConfiguredPrices): TokenPrices {
  const input = configuredPrice(prices.inputPerMtok);
  const output = configuredPrice(prices.outputPerMtok);
  const cachedInput = prices.cachedInputPerMtok === undefined ? input : configuredPrice(prices.cachedInputPerMtok);
  const cacheWrite = prices.cacheWritePerMtok === undefined ? input : configuredPrice(prices.cacheWritePerMtok);
  const hour = prices.cacheWriteHourPerMtok;
  return {
    input,
    cachedInput,
    cacheWrite,
    cacheWriteHour: hour === undefined ? cacheWrite : configuredPrice(hour),
    inputAudio: input,
    cachedAudio: cachedInput,
    output,
    reasoning: output,
    outputAudio: output,
    outputImage: output,
    call: 0n,
    webSearch: 0n,
  };
}

function configuredPrice(text: string): bigint {
  const pico = picoPerToken(text);
  invariant(pico !== undefined, `the configuration lets a price through that is no decimal: ${text}`);
  return pico;
}

/** The package's version, which is the list's; its package.json is not among its exports. */
const listVersion = onDemand((): string => {
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices');
  const manifest: unknown = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8'));
  invariant(
    typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string',
    'the price list has a version',
  );
  return manifest.version;
});

/** The built-in models are free, whatever the provider's name is. */
const localPriceProvider = 'local';

function findPriced(priceProvider: string, model: string): Priced | undefined {
  if (priceProvider === localPriceProvider) return { source: 'free', version: 'built-in' };
  const match = pricesPackage().calcPrice({ input_tokens: 0 }, model, { providerId: priceProvider });
  // The package also matches ids that merely contain a provider's name; such a match is not reliable enough for a
  // price.
  if (match?.provider.id !== priceProvider) return undefined;
  const dated = readDated(match.model);
  return dated === undefined ? undefined : { source: 'genai-prices', version: listVersion(), dated };
}

/** The parts of a provider's configuration that determine its prices. */
export interface PriceSource {
  readonly kind: 'openai' | 'ai-sdk' | 'local';
  readonly name: string;
  readonly baseUrl?: string | undefined;
  readonly package?: string | undefined;
  readonly priceAs?: string | undefined;
}

/** Packages whose provider has another name in the list. */
const packageProviders: ReadonlyMap<string, string> = new Map([
  ['@ai-sdk/amazon-bedrock', 'aws'],
  ['@ai-sdk/anthropic', 'anthropic'],
  ['@ai-sdk/azure', 'azure'],
  ['@ai-sdk/cerebras', 'cerebras'],
  ['@ai-sdk/cohere', 'cohere'],
  ['@ai-sdk/deepseek', 'deepseek'],
  ['@ai-sdk/fireworks', 'fireworks'],
  ['@ai-sdk/google', 'google'],
  ['@ai-sdk/google-vertex', 'google'],
  ['@ai-sdk/groq', 'groq'],
  ['@ai-sdk/mistral', 'mistral'],
  ['@ai-sdk/moonshotai', 'moonshotai'],
  ['@ai-sdk/openai', 'openai'],
  ['@ai-sdk/perplexity', 'perplexity'],
  ['@ai-sdk/togetherai', 'together'],
  ['@ai-sdk/xai', 'x-ai'],
  ['@openrouter/ai-sdk-provider', 'openrouter'],
]);

/**
 * The provider whose prices apply: `price_as`, else the owner of the base URL, else the configured name if the list has
 * it, else the package's provider, else OpenAI for its wire. An id that the list does not have has no prices.
 */
export function priceProviderOf({ kind, name, baseUrl, package: packageName, priceAs }: PriceSource): string {
  if (kind === 'local') return localPriceProvider;
  if (priceAs !== undefined) return priceAs;
  const byUrl = baseUrl === undefined ? undefined : pricesPackage().findProvider({ providerApiUrl: baseUrl })?.id;
  if (byUrl !== undefined) return byUrl;
  if (pricesPackage().findProvider({ providerId: name })?.id === name) return name;
  const byPackage = packageName === undefined ? undefined : packageProviders.get(packageName);
  return byPackage ?? (kind === 'openai' ? 'openai' : name);
}
