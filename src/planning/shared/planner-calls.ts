import type { ErrorCode } from '../../errors/index.ts';
import type { ApolloPlannerOptions } from '../apollo/apollo-planner.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';

/** What a thread asks of the planners of another. A load has a number of the thread's own. */
export type PlannerCall =
  | {
      readonly kind: 'load';
      readonly load: number;
      readonly supergraph: string;
      readonly options: ApolloPlannerOptions;
    }
  | { readonly kind: 'close'; readonly load: number }
  | { readonly kind: 'available'; readonly load: number }
  | {
      readonly kind: 'plan';
      readonly load: number;
      readonly operation: string;
      readonly activeLabels: readonly string[];
      readonly deadlineMs: number;
      readonly client: string | undefined;
    };

export type PlannerAnswer =
  | { readonly kind: 'loaded'; readonly overrideLabels: readonly string[] }
  | { readonly kind: 'load failed'; readonly reason: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'available'; readonly isAvailable: boolean }
  | { readonly kind: 'planned'; readonly plan: OperationPlan }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string | undefined };
