export {
  type NormalisedOperation,
  type NormaliseOptions,
  normaliseOperation,
} from './normalise-operation.ts';
export type {
  ContextValue,
  EntityFetch,
  EntityField,
  EntityTarget,
  OperationPlan,
  PathStep,
  PlannedFetch,
  RequiredSelection,
  Rewrite,
  RootFetch,
} from './operation-plan.ts';
export { infiniteDefaults, type VariableSource } from './operation-variables.ts';
export { PlanCache, type PlanCacheEntry, type PlanCacheOptions } from './plan-cache.ts';
export { createPlannerPool, type Planner, type PlannerPool, type PlannerPoolOptions } from './planner-pool.ts';
