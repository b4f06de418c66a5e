import type { AiConfig } from '../../config/index.ts';
import { createPriceBook, type PricedModel, priceProviderOf } from '../prices/index.ts';
import type { TargetPrices } from './routing/call-run.ts';
import type { Target } from './routing/target.ts';

/** What targets cost, by `ai.prices` and the built-in list. */
export function createTargetPrices({ providers, prices }: Pick<AiConfig, 'providers' | 'prices'>): TargetPrices {
  const book = createPriceBook({ overrides: prices });
  const priceProviders = new Map(providers.map((provider) => [provider.name, priceProviderOf(provider)]));
  const models = new WeakMap<Target, PricedModel>();

  function modelOf(target: Target): PricedModel {
    const known = models.get(target);
    if (known !== undefined) return known;
    const { provider, model } = target.config;
    const { reference } = target;
    const priced = { reference, model, priceProvider: priceProviders.get(provider) ?? provider };
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

/** The references of an alias's targets that no price is known for: they would never be asked. */
export function unpricedTargets({ providers, prices, models }: AiConfig, alias: string): readonly string[] {
  const targets = Object.hasOwn(models, alias) ? (models[alias]?.targets ?? []) : [];
  const book = createPriceBook({ overrides: prices });
  const priceProviders = new Map(providers.map((provider) => [provider.name, priceProviderOf(provider)]));
  return targets.flatMap(({ provider, model }) => {
    const reference = `${provider}/${model}`;
    const priceProvider = priceProviders.get(provider) ?? provider;
    return book.knows({ reference, model, priceProvider }) ? [] : [reference];
  });
}
