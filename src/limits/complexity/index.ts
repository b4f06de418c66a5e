export { CostLimits, type Estimate, type EstimatedCost, objectsOfTypes } from './cost-limits.ts';
export { evaluate, type Formula, sum, type VariableValues } from './formula.ts';
export { countsOfPlaces, type FetchCost, type PlaceCountOptions, type PlanCost } from './plan-cost.ts';
export { slicingErrors } from './slicing-rules.ts';
