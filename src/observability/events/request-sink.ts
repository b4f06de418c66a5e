/** Whoever looks at requests: metrics, traces, the log, records. Never throws and never waits. */
import type { RequestEvent } from './request-event.ts';

export interface RequestSink {
  /** Once the exchange has ended. The event is not changed any more, but what a model is doing after it may add its calls. */
  record(event: RequestEvent): void;
}
