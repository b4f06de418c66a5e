export { CallEvents } from './call-events.ts';
export { EventQueue } from './event-queue.ts';
export { type FetchAttempt, FetchEvent, type ServerAddress } from './fetch-event.ts';
export { FieldEvent } from './field-event.ts';
export {
  type AnswerSource,
  type Door,
  OperationEvent,
  type OperationKind,
  type ParsedOperation,
  type RequestEnd,
  RequestEvent,
} from './request-event.ts';
export type { RequestSink } from './request-sink.ts';
export type { TraceContext } from './trace-context.ts';
export { waitFor } from './wait-for.ts';
