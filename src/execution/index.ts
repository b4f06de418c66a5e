export {
  type ExecutionEngine,
  type ExecutionOutcome,
  type ExecutionResult,
  type OperationRequest,
  type PlannableOperation,
  printResult,
  type UsedOperation,
} from './execution-engine.ts';
export { createIsthmusEngine, type PlanHook } from './isthmus-engine.ts';
export { JsonText } from './json-text.ts';
export { limitFields } from './limit-fields.ts';
export { LongText } from './long-text.ts';
export type { PlanPrice, PlanPrices, PricedPlace, PricedRun } from './plan-prices.ts';
export { retainedDocument } from './prepare/retained-document.ts';
export { createPricer, type PricedOperation, type PriceOperation } from './price-operations.ts';
export { createReferenceEngine, refuseMissingReference } from './reference-engine.ts';
