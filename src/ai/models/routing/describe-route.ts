/**
 * What an alias can do and whether it can be reached now, as `GET /v1/models` tells it: from the configuration and the
 * health of its targets. No provider is asked.
 */
import type { DescribedModel, ListedTarget } from '../model-call.ts';
import type { Target } from '../targets/target.ts';
import type { Route } from './choose-targets.ts';

/** Ids that say themselves that the model gives vectors. */
const embeds = /embed|(?:^|[/_-])(?:bge|e5|gte|minilm|use-lite|voyage)(?:[-_.]|$)/i;

export interface RouteFacts {
  /** Whether a target's calls can be priced; what cannot is not asked. */
  isPriced(target: Target): boolean;
  readonly now: number;
}

export function describeRoute({ alias, config, targets }: Route, facts: RouteFacts): DescribedModel {
  const { targets: configured } = config;
  const ids = configured.map(({ model }) => model);
  const answers = ids.some((id) => !embeds.test(id));
  const vectors = ids.some((id) => embeds.test(id));
  const limited = configured.flatMap(({ capabilities }) => (capabilities === undefined ? [] : [capabilities]));
  // A target that does not say what it can do is asked for anything.
  const isOpen = limited.length < configured.length;
  const states = targets.map(
    (target): ListedTarget => ({ reference: target.reference, state: stateOf(target, facts) }),
  );
  return {
    alias,
    targets: targets.map(({ reference }) => reference),
    // Targets whose provider has no key are left out of the configuration: nothing is known of them.
    ...(ids.length === 0
      ? {}
      : { operations: [...(answers ? (['chat'] as const) : []), ...(vectors ? (['embeddings'] as const) : [])] }),
    ...(isOpen || ids.length === 0 ? {} : { capabilities: [...new Set(limited.flat())] }),
    isReachable: states.some(({ state }) => state === 'ready'),
    states,
  };
}

function stateOf(target: Target, { isPriced, now }: RouteFacts): ListedTarget['state'] {
  if (!isPriced(target)) return 'no_price';
  return target.health.readiness(now) === 'shut' ? 'failing' : 'ready';
}
