export {
  type AnswerSource,
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
export { createLogger, type Logger, type LoggerOptions, writeLogLines } from './logger.ts';
export { createModelCallLog } from './model-call-log.ts';
export type { ModelCallRecord, ModelCallSink } from './model-calls.ts';
export { takeRequestUsage } from './request-usage.ts';
