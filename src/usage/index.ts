export type { Usage, UsageGroup, UsageOrigin, UsageRequest } from './usage.ts';
export { addTo, type UsageClient, type UsageSum, UsageSums, type UsedOperation } from './usage-sums.ts';
export {
  type ClientTotal,
  type CoordinateTotal,
  coordinateTotals,
  type OperationTotal,
  operationTotals,
} from './usage-totals.ts';
export { WindowedUsage } from './windowed-usage.ts';
