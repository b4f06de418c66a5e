export {
  type ExecutionEngine,
  type ExecutionOutcome,
  type ExecutionResult,
  type OperationRequest,
  printResult,
} from './execution-engine.ts';
export { createIsthmusEngine } from './isthmus-engine.ts';
export { JsonText } from './json-text.ts';
export { createReferenceEngine, refuseMissingReference } from './reference-engine.ts';
export { retainedDocument } from './retained-document.ts';
