export { operationUsage } from './operation-usage.ts';
