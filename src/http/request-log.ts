/** The one line of a request in the log: what was asked, how it ended, and what it cost. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Logger, takeRequestUsage } from '../observability/index.ts';
import { factsOf } from './request/request-facts.ts';

/** How a request ended: its answer was taken whole, its client left, or we ended it. */
export type RequestEnd = 'answered' | 'left' | 'cut';

const messages = {
  answered: 'request',
  left: 'request aborted by the client',
  cut: 'request cut',
} as const satisfies Record<RequestEnd, string>;

export function logRequest(
  log: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  began: number,
  end: RequestEnd,
): void {
  const { method, id } = request;
  const [path = ''] = request.url.split('?', 1);
  const fields = {
    requestId: id,
    method,
    path,
    status: reply.raw.statusCode,
    ms: Math.round((performance.now() - began) * 10) / 10,
    ...factsOf(request),
    ...takeRequestUsage(id),
  };
  // What balancers ask each second, and the page's own files, tell an operator nothing.
  const isOfNote = end === 'cut' || !/^\/(?:health|landing)(?:\/|$)|^\/$|^\/favicon\.ico$/.test(path);
  log[end === 'cut' ? 'warn' : isOfNote ? 'info' : 'debug'](fields, messages[end]);
}
