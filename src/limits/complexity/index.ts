export { CostLimits, type Estimate, type EstimatedCost } from './cost-limits.ts';
export type { VariableValues } from './formula.ts';
export type { FetchCost, PlanCost } from './plan-cost.ts';
