export { migrateRecords } from './migrate-records.ts';
export { locateRecords, openRecords, type RecordsLocation, recordsFileOf } from './open-records.ts';
export type { RecordGroup, RecordSumsRequest } from './read-sums.ts';
export type { WrittenSum } from './record-columns.ts';
export type {
  RecordBatch,
  RecordBounds,
  RecordFilter,
  RecordPage,
  RecordPageRequest,
  RecordStore,
} from './record-store.ts';
export type { WrittenUsage } from './usage-columns.ts';
