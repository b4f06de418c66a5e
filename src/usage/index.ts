export { type OperationUsage, operationUsage, shapeOf } from './operation-usage.ts';
