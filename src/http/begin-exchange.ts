import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger, RequestEvent, RequestSink } from '../observability/index.ts';
import { framingProblem } from './check-framing.ts';
import type { Admission } from './edge/admission.ts';
import type { Cut, Exchanges } from './exchanges.ts';
import type { ClientRequest } from './request/client-request.ts';
import { beginEvent } from './request/request-event.ts';
import { factsOf, noteFacts } from './request/request-facts.ts';
import { type LoggedRequest, logRequest, type RequestEnd } from './request-log.ts';

export interface BeginExchangeOptions {
  readonly admission: Admission;
  readonly exchanges: Exchanges;
  readonly isDraining: () => boolean;
  /** Who looks at requests; none: they have no events. */
  readonly sinks: readonly RequestSink[];
  readonly graphqlPath: string;
  readonly log: Logger;
}

/**
 * The first hook of every request: sets its id on the answer, follows its connection to the end, which writes its line
 * in the log, and refuses addresses that are not served and ambiguous framing.
 */
export function beginExchanges(app: FastifyInstance, options: BeginExchangeOptions): void {
  // With a callback: a promise for each request is 4 % of a flat query.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    if (options.isDraining()) reply.header('connection', 'close');
    const refusal = options.admission.refusalOf(request.raw);
    beginExchange(options, request, reply.raw);
    const problem = refusal ?? framingProblem(request.raw);
    // What follows on such a connection may be ambiguous as well.
    if (problem !== undefined) reply.header('connection', 'close');
    done(problem);
  });
}

/** Follows a request's connection to its end. */
export function beginExchange(
  { exchanges, sinks, graphqlPath, log }: BeginExchangeOptions,
  request: LoggedRequest,
  response: ServerResponse,
): void {
  const began = performance.now();
  const { clientAddress } = request;
  const event = beginEvent(sinks, request, began, graphqlPath);
  exchanges.begin(request.raw, response, ({ cutFor }) => {
    if (cutFor !== undefined) noteFacts(request, cutFor);
    const end = endOf(request, response, cutFor);
    logRequest(log, request, { clientAddress, status: response.statusCode, began, end });
    if (event === undefined) return;
    event.code = factsOf(request)?.code;
    endEvent(event, response.statusCode, end);
    for (const sink of sinks) sink.record(event);
  });
}

function endEvent(event: RequestEvent, status: number, end: RequestEnd): void {
  const now = performance.now();
  event.status = status;
  event.end = end;
  event.ended = now;
  for (const operation of event.operations) {
    operation.end(now);
    // Its client has left, or it was cut.
    for (const fetch of operation.fetches) fetch.end(event.code ?? 'CLIENT_CLOSED_REQUEST', now);
  }
}

function endOf(request: Pick<ClientRequest, 'raw'>, { writableFinished }: ServerResponse, cutFor?: Cut): RequestEnd {
  if (cutFor !== undefined) return 'cut';
  if (writableFinished) return 'answered';
  return factsOf(request)?.code === 'INTERNAL_SERVER_ERROR' ? 'cut' : 'aborted';
}
