/** What the parts of a runtime tell metrics: those that outlive generations, and those of the generation that serves. */
import type { CacheStores } from '../../cache/index.ts';
import type { ThreadMetrics } from '../../observability/index.ts';
import type { TrustedDocuments } from '../../persisted/index.ts';
import type { Generations } from '../../supergraph/index.ts';
import type { GatewayGeneration, Preparation } from '../generation.ts';
import type { SharedParts } from '../shared-parts.ts';
import { budgetSource } from './budget-source.ts';
import { cacheSource } from './cache-source.ts';
import { generationSource } from './generation-source.ts';
import { knownNames } from './known-names.ts';

export interface ObservedRuntime {
  readonly generations: Generations<GatewayGeneration>;
  readonly shared: SharedParts;
  readonly stores: CacheStores;
}

/** @returns what names the first generation's operations, before it serves */
export function observeRuntime(metrics: ThreadMetrics, { generations, shared, stores }: ObservedRuntime): Preparation {
  let namedBy: readonly [GatewayGeneration, TrustedDocuments | undefined] | undefined;
  const nameBy = (generation: GatewayGeneration): void => {
    const trusted = generation.persisted?.trusted;
    if (namedBy?.[0] === generation && namedBy[1] === trusted) return;
    namedBy = [generation, trusted];
    metrics.fix(knownNames(generation, trusted));
  };
  metrics.add(cacheSource(shared.caches.outcomes, stores));
  metrics.add((set) => {
    set('isthmus_operation_cache_bytes', shared.memory.bytes);
    set('isthmus_ledger_backlog_bytes', shared.ledger.backlogBytes);
  });
  metrics.add((set) => {
    const { current } = generations;
    if (current === undefined) return;
    nameBy(current);
    generationSource(current, set);
    budgetSource(current, set);
  });
  return async (generation) => {
    if (generations.current === undefined) nameBy(generation);
  };
}
