import type { OperationPlan } from '../plan/operation-plan.ts';
import type { ApolloPlannerOptions } from './apollo-planner.ts';
import type { Search } from './search-bounds.ts';

/** Messages to a planner process, which answers `plan` messages in their order. */
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
  | { readonly kind: 'refused'; readonly id: number; readonly why: RefusalReason; readonly reason: string };

/**
 * `too long`: the search has used its CPU time. `limit`: the operation exceeds the limits of Apollo's planner. `unsound`:
 * it has no plan, or only one that may return wrong data. `not loaded`: the process has not loaded the supergraph.
 * `defect`: planning failed with an unexpected error.
 */
export type RefusalReason = 'too long' | 'limit' | 'unsound' | 'not loaded' | 'defect';
