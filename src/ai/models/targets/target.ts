import type { BreakerConfig, ModelTarget } from '../../../config/index.ts';
import type { LocalCounters } from '../../../counters/index.ts';
import type { ModelProvider } from '../../model-call/index.ts';
import { KeyRing } from './key-ring.ts';
import { TargetHealth } from './target-health.ts';
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

export interface TargetSources {
  readonly providers: ReadonlyMap<string, ModelProvider>;
  readonly breaker: BreakerConfig;
  /** What limits are counted with. */
  readonly counters: LocalCounters;
  readonly onBreakerChange: (reference: string, state: string) => void;
}

/**
 * Creates targets whose state is shared as the provider shares it: health by every alias that names the model, keys by
 * every model of the provider, limits by the targets of one model with equal limits.
 *
 * @returns a function that returns a target, or `undefined` if there is no such provider
 */
export function createTargets(sources: TargetSources): (config: ModelTarget) => Target | undefined {
  const health = new Map<string, TargetHealth>();
  const limits = new Map<string, TargetLimits>();
  const rings = new Map<string, KeyRing>();
  return (config) => {
    const provider = sources.providers.get(config.provider);
    if (provider === undefined) return undefined;
    const reference = `${config.provider}/${config.model}`;
    return {
      reference,
      provider,
      config,
      health: getOrCreate(
        health,
        reference,
        () => new TargetHealth(sources.breaker, (state) => sources.onBreakerChange(reference, state)),
      ),
      limits: isLimited(config)
        ? getOrCreate(
            limits,
            `${reference} ${JSON.stringify(config.limits)}`,
            () => new TargetLimits(reference, config.limits, sources.counters),
          )
        : undefined,
      keys: getOrCreate(rings, config.provider, () => new KeyRing(provider.keys)),
    };
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
