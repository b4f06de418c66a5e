export { createPlannerPool, type PlannerPool } from './apollo/planner-pool.ts';
export { type NormalisedOperation, normaliseOperation } from './normalise/normalise-operation.ts';
export { infiniteDefaults } from './normalise/operation-variables.ts';
export type {
  ContextValue,
  EntityFetch,
  EntityField,
  FetchRows,
  OperationPlan,
  PlannedFetch,
  RequiredSelection,
  Rewrite,
  RootFetch,
  RowCheck,
  RowField,
  RowLookup,
  RowPlace,
} from './plan/operation-plan.ts';
export { PlanCache, type PlanCacheEntry } from './plan/plan-cache.ts';
export type { Planner } from './plan/planner.ts';
export { createPortPlannerPool } from './shared/port-planner-pool.ts';
export { servePlanners } from './shared/serve-planners.ts';
export { createSharedPlans } from './shared/shared-plans.ts';
