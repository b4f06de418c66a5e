import type { AiConfig } from '../../../config/index.ts';
import { onDemand } from '../../../lib/index.ts';
import type { Usage } from '../../model-call/index.ts';
import { createPriceBook, type PricedModel, priceProviderOf } from '../../prices/index.ts';
import type { Target } from './target.ts';

/** What tokens cost at a target. */
export interface TargetPrices {
  /** Whether the target's calls can be priced; a target without a price is not called. */
  isKnown(target: Target): boolean;
  charge(target: Target, usage: Usage, at: Date): TargetCharge | undefined;
  /** The most that so many tokens can cost, in nano-dollars. */
  upperBound(target: Target, inputTokens: number, outputTokens: number, hourWrites?: boolean): bigint | undefined;
}

export interface TargetCharge {
  readonly nanoUsd: bigint;
  readonly source: 'config' | 'genai-prices' | 'free';
  readonly version: string;
  readonly date: string;
}

/** The prices of targets, from `ai.prices` and the built-in list. */
export function createTargetPrices({ providers, prices }: Pick<AiConfig, 'providers' | 'prices'>): TargetPrices {
  const book = createPriceBook({ overrides: prices });
  const priceProviders = onDemand(() => priceProvidersOf(providers));
  const models = new WeakMap<Target, PricedModel>();

  function modelOf(target: Target): PricedModel {
    const cached = models.get(target);
    if (cached !== undefined) return cached;
    const { provider, model } = target.config;
    const { reference } = target;
    const priced = { reference, model, priceProvider: priceProviders().get(provider) ?? provider };
    models.set(target, priced);
    return priced;
  }

  return {
    isKnown: (target) => book.knows(modelOf(target)),
    charge: (target, usage, at) => book.priceOf({ ...modelOf(target), usage, at }),
    upperBound: (target, inputTokens, maxOutputTokens, hourWrites = false) =>
      book.upperBound({ ...modelOf(target), inputTokens, maxOutputTokens, hourWrites, at: new Date() })?.nanoUsd,
  };
}

function priceProvidersOf(providers: AiConfig['providers']): ReadonlyMap<string, string> {
  return new Map(providers.map((provider) => [provider.name, priceProviderOf(provider)]));
}

/** The references of an alias's targets that have no price: they would never be called. */
export function unpricedTargets({ providers, prices, models }: AiConfig, alias: string): readonly string[] {
  const targets = Object.hasOwn(models, alias) ? (models[alias]?.targets ?? []) : [];
  const book = createPriceBook({ overrides: prices });
  const priceProviders = priceProvidersOf(providers);
  return targets.flatMap(({ provider, model }) => {
    const reference = `${provider}/${model}`;
    const priceProvider = priceProviders.get(provider) ?? provider;
    return book.knows({ reference, model, priceProvider }) ? [] : [reference];
  });
}
