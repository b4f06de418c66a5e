export type { ExecutionEngine, ExecutionOutcome, ExecutionResult, OperationRequest } from './execution-engine.ts';
export { createReferenceEngine, type ReferenceEngineOptions } from './reference-engine.ts';
