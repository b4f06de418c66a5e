/** Whoever looks at requests: metrics, traces, the log, records. Never throws and never waits. */
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestEvent } from './request-event.ts';

export interface RequestSink {
  /**
   * As the exchange begins, before anything is refused: what gives it its place in a trace.
   * @param headers of the client
   * @default it needs to know of the end alone
   */
  begin?(event: RequestEvent, headers: IncomingHttpHeaders): void;
  /** Once the exchange has ended. The event is not changed any more, but what a model is doing after it may add its calls. */
  record(event: RequestEvent): void;
}
