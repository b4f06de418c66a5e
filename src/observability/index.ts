export {
  type AnswerSource,
  CallEvents,
  type Door,
  EventQueue,
  type FetchAttempt,
  FetchEvent,
  FieldEvent,
  OperationEvent,
  type OperationKind,
  type ParsedOperation,
  type RequestEnd,
  RequestEvent,
  type RequestSink,
  type ServerAddress,
  type TraceContext,
  waitFor,
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
export type { CallMessage, CallTexts, ModelCallParameters, ModelCallRecord, ModelCallSink } from './model-calls.ts';
export { type Observers, openObservers } from './open-observers.ts';
export { type OtlpCounts, type OtlpSignal, otlpCounts } from './otlp/otlp-counts.ts';
export { type RequestLine, RequestLog, requestLine } from './request-log.ts';
export { addTraceHeaders, isFailed, newSpanId } from './traces/index.ts';
