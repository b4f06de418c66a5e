/**
 * What an alias can do and whether it can be reached now, for `GET /v1/models`: from the configuration and the health of
 * its targets. No provider is called.
 */
import type { DescribedModel, ListedTarget } from '../model-call.ts';
import type { Target } from '../targets/target.ts';
import type { Route } from './choose-targets.ts';

/** Matches model ids that are those of embedding models. */
const embeddingId = /embed|(?:^|[/_-])(?:bge|e5|gte|minilm|use-lite|voyage)(?:[-_.]|$)/i;

export interface RouteFacts {
  /** Whether a target's calls can be priced; a target without a price is not called. */
  isPriced(target: Target): boolean;
  readonly now: number;
}

export function describeRoute({ alias, config, targets }: Route, facts: RouteFacts): DescribedModel {
  const { targets: configured } = config;
  const ids = configured.map(({ model }) => model);
  const hasChat = ids.some((id) => !embeddingId.test(id));
  const hasEmbeddings = ids.some((id) => embeddingId.test(id));
  const limited = configured.flatMap(({ capabilities }) => (capabilities === undefined ? [] : [capabilities]));
  // A target without configured capabilities is assumed to have all of them.
  const isUnrestricted = limited.length < configured.length;
  const states = targets.map(
    (target): ListedTarget => ({ reference: target.reference, state: stateOf(target, facts) }),
  );
  return {
    alias,
    targets: targets.map(({ reference }) => reference),
    // Targets whose provider has no key are removed from the configuration: their models are not known.
    ...(ids.length === 0
      ? {}
      : { operations: [...(hasChat ? (['chat'] as const) : []), ...(hasEmbeddings ? (['embeddings'] as const) : [])] }),
    ...(isUnrestricted || ids.length === 0 ? {} : { capabilities: [...new Set(limited.flat())] }),
    isReachable: states.some(({ state }) => state === 'ready'),
    states,
  };
}

function stateOf(target: Target, { isPriced, now }: RouteFacts): ListedTarget['state'] {
  if (!isPriced(target)) return 'no_price';
  return target.health.readiness(now) === 'open' ? 'failing' : 'ready';
}
