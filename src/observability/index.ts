export {
  type AnswerSource,
  CallEvents,
  type Door,
  type FetchAttempt,
  FetchEvent,
  FieldEvent,
  OperationEvent,
  type OperationKind,
  type RequestEnd,
  RequestEvent,
  type RequestSink,
  type TraceContext,
} from './events/index.ts';
export { type LedgerDimension, type LedgerRow, ledgerDimensions } from './ledger-row.ts';
export { type OpenedLog, openLog, reopenLogFiles } from './log/open-log.ts';
export { createLogger, credentialNames, type Logger, type LoggerOptions, writeLogLines } from './logger.ts';
export {
  type MetricSource,
  type NameKind,
  openProcessMetrics,
  openThreadMetrics,
  type ProcessMetrics,
  type ReportedMetrics,
  type Scrape,
  type SetMetric,
  type ThreadMetrics,
} from './metrics/index.ts';
export { createModelCallLog } from './model-call-log.ts';
export type { ModelCallParameters, ModelCallRecord, ModelCallSink } from './model-calls.ts';
export { type Observers, openObservers } from './open-observers.ts';
export { type OtlpCounts, type OtlpSignal, otlpCounts } from './otlp/otlp-counts.ts';
export {
  addBuckets,
  bucketOf,
  type DurationBuckets,
  formatBuckets,
  parseBuckets,
  quantile,
  quantileError,
} from './records/duration-buckets.ts';
export type {
  OperationRecord,
  RecordDetails,
  RecordedCall,
  RecordedFetch,
  RecordedField,
} from './records/operation-record.ts';
export { hourMs, idFrom, recordIds, timeOfId } from './records/record-id.ts';
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
} from './records/record-sums.ts';
export { type RequestLine, RequestLog, requestLine } from './request-log.ts';
export { addTraceHeaders, newSpanId } from './traces/index.ts';
