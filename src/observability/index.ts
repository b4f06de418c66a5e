export { createLogger, type LogFields, type Logger, type LoggerOptions } from './logger.ts';
export { createModelCallLog, type ModelCallLogOptions } from './model-call-log.ts';
export type { ModelCallRecord, ModelCallSink } from './model-calls.ts';
