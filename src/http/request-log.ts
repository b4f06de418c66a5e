/** The one line of a request in the log: the operation, how it ended, and what it cost. */
import { type Logger, takeRequestUsage } from '../observability/index.ts';
import type { ClientRequest } from './request/client-request.ts';
import { factsOf } from './request/request-facts.ts';

/** How a request ended: its answer was sent whole, its client disconnected, or the gateway cut it. */
export type RequestEnd = 'answered' | 'aborted' | 'cut';

const messages = {
  answered: 'request',
  aborted: 'request aborted by the client',
  cut: 'request cut',
} as const satisfies Record<RequestEnd, string>;

export type LoggedRequest = Pick<ClientRequest, 'raw' | 'id' | 'method' | 'url' | 'clientAddress'>;

interface EndedRequest {
  /** As it was while the connection lasted. */
  readonly clientAddress: string;
  readonly status: number;
  readonly began: number;
  readonly end: RequestEnd;
}

export function logRequest(
  log: Logger,
  request: LoggedRequest,
  { clientAddress, status, began, end }: EndedRequest,
): void {
  const { method, id } = request;
  const [path = ''] = request.url.split('?', 1);
  const fields = {
    requestId: id,
    client: clientAddress,
    method,
    path,
    status,
    ms: Math.round((performance.now() - began) * 10) / 10,
    ...factsOf(request),
    ...takeRequestUsage(id),
  };
  // Health checks and the page's own files are of no interest to an operator.
  const isOfInterest = end === 'cut' || !/^\/(?:health|landing)(?:\/|$)|^\/$|^\/favicon\.ico$/.test(path);
  log[end === 'cut' ? 'warn' : isOfInterest ? 'info' : 'debug'](fields, messages[end]);
}
