import type { ApolloPlannerOptions } from './apollo-planner.ts';
import type { OperationPlan } from './operation-plan.ts';

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
    };

export type PlannerReply =
  | { readonly kind: 'loaded'; readonly supergraph: string; readonly overrideLabels: readonly string[] }
  | { readonly kind: 'load failed'; readonly supergraph: string; readonly reason: string }
  | { readonly kind: 'planned'; readonly id: number; readonly plan: OperationPlan }
  | { readonly kind: 'refused'; readonly id: number; readonly why: WhyRefused; readonly reason: string };

/**
 * `limit`: the planner's own limits refuse the operation. `unsound`: its plan may answer wrongly. `defect`: planning
 * failed, which is nobody's intention.
 */
export type WhyRefused = 'limit' | 'unsound' | 'defect';
