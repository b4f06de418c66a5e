export {
  type NormalisedOperation,
  type NormaliseOptions,
  normaliseOperation,
  type VariableSource,
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
export { PlanCache, type PlanCacheOptions } from './plan-cache.ts';
export { createPlannerPool, type Planner, type PlannerPool, type PlannerPoolOptions } from './planner-pool.ts';
