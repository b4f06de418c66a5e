export { type Deprecation, deprecatedCoordinates } from './deprecated-coordinates.ts';
export { operationDeprecations } from './operation-deprecations.ts';
export { operationUsage } from './operation-usage.ts';
export type { UnusedCoordinate } from './unused-coordinates.ts';
export {
  type ClientUse,
  type CoordinateUse,
  type DeprecatedUse,
  type OperationUse,
  UsageReport,
} from './usage-report.ts';
