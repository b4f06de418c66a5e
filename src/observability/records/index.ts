export {
  addBuckets,
  bucketOf,
  type DurationBuckets,
  formatBuckets,
  parseBuckets,
  quantile,
  quantileError,
} from './duration-buckets.ts';
export type {
  OperationRecord,
  RecordDetails,
  RecordedCall,
  RecordedFetch,
  RecordedField,
} from './operation-record.ts';
export { idFrom, recordIds, timeOfId } from './record-id.ts';
export {
  addSum,
  nothing,
  otherName,
  type RecordSum,
  RecordSums,
  type SumDimension,
  type SummedKind,
  type SumNames,
  sumDimensions,
} from './record-sums.ts';
