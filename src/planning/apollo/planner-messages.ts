import type { OperationPlan } from '../plan/operation-plan.ts';
import type { ApolloPlannerOptions } from './apollo-planner.ts';
import type { Search } from './search-bounds.ts';

/** What goes to a planner process. Plans are answered in the order they were asked for. */
export type PlannerRequest =
  | { readonly kind: 'load'; readonly supergraph: string; readonly options: ApolloPlannerOptions }
  | { readonly kind: 'unload'; readonly supergraph: string }
  | {
      readonly kind: 'plan';
      readonly id: number;
      readonly supergraph: string;
      readonly operation: string;
      readonly activeLabels: readonly string[];
      readonly search: Search;
    };

export type PlannerReply =
  | { readonly kind: 'loaded'; readonly supergraph: string; readonly overrideLabels: readonly string[] }
  | { readonly kind: 'load failed'; readonly supergraph: string; readonly reason: string }
  | { readonly kind: 'planned'; readonly id: number; readonly plan: OperationPlan }
  | { readonly kind: 'refused'; readonly id: number; readonly why: WhyRefused; readonly reason: string };

/**
 * `too long`: the CPU time of this search is over. `limit`: the planner's own limits refuse the operation. `unsound`:
 * it has no plan, or only one that may answer wrongly. `not loaded`: this process does not have the supergraph.
 * `defect`: planning failed, which is nobody's intention.
 */
export type WhyRefused = 'too long' | 'limit' | 'unsound' | 'not loaded' | 'defect';
