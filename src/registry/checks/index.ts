export type { ClientUsage, CoordinateUsage, OperationUsage, UsageReader, UsageWindow } from './usage-reader.ts';
