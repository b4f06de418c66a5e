import type { ModelTarget } from '../../../config/index.ts';
import type { LocalCounters } from '../../../counters/index.ts';
import type { ModelProvider } from '../../model-call/index.ts';
import { KeyRing } from './key-ring.ts';
import { TargetHealth, type TargetHealthOptions } from './target-health.ts';
import { TargetLimits } from './target-limits.ts';

/** A model of a provider with its runtime state. */
export interface Target {
  /** `<provider>/<model id>`. */
  readonly reference: string;
  readonly provider: ModelProvider;
  readonly config: ModelTarget;
  readonly health: TargetHealth;
  /** `undefined`: no limits are configured. */
  readonly limits: TargetLimits | undefined;
  readonly keys: KeyRing;
}

export interface TargetSources extends TargetHealthOptions {
  readonly providers: ReadonlyMap<string, ModelProvider>;
  /** What limits are counted with. */
  readonly counters: LocalCounters;
}

export interface Targets {
  /** `undefined`: there is no such provider. */
  find(config: ModelTarget): Target | undefined;
  /** Their state follows the other workers no more. */
  close(): void;
}

/**
 * Creates targets whose state is shared as the provider shares it: health by every alias that names the model, keys by
 * every model of the provider, limits by the targets of one model with equal limits.
 */
export function createTargets(sources: TargetSources): Targets {
  const health = new Map<string, TargetHealth>();
  const limits = new Map<string, TargetLimits>();
  const rings = new Map<string, KeyRing>();
  const find = (config: ModelTarget): Target | undefined => {
    const provider = sources.providers.get(config.provider);
    if (provider === undefined) return undefined;
    const reference = `${config.provider}/${config.model}`;
    return {
      reference,
      provider,
      config,
      health: getOrCreate(health, reference, () => new TargetHealth(reference, sources)),
      limits: isLimited(config)
        ? getOrCreate(
            limits,
            `${reference} ${JSON.stringify(config.limits)}`,
            () => new TargetLimits(reference, config.limits, sources.counters),
          )
        : undefined,
      keys: getOrCreate(rings, config.provider, () => new KeyRing(config.provider, provider.keys, sources.signals)),
    };
  };
  return {
    find,
    close: () => {
      for (const state of [...health.values(), ...rings.values()]) state.close();
    },
  };
}

function isLimited({ limits }: ModelTarget): boolean {
  const { concurrency, requestsPerMinute, tokensPerMinute } = limits;
  return concurrency !== undefined || requestsPerMinute !== undefined || tokensPerMinute !== undefined;
}

function getOrCreate<Value>(instances: Map<string, Value>, key: string, create: () => Value): Value {
  const existing = instances.get(key);
  if (existing !== undefined) return existing;
  const value = create();
  instances.set(key, value);
  return value;
}
