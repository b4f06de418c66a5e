import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { EventQueue, Logger, RequestEnd, RequestEvent, RequestLog } from '../observability/index.ts';
import { framingProblem } from './check-framing.ts';
import type { Admission } from './edge/admission.ts';
import type { Cut, Exchanges } from './exchanges.ts';
import type { ClientRequest } from './request/client-request.ts';
import { noteRefusal, readRefusal } from './request/note-refusal.ts';
import { beginEvent, newEvent, type ObservedRequest } from './request/request-event.ts';

export interface BeginExchangeOptions {
  readonly admission: Admission;
  readonly exchanges: Exchanges;
  readonly isDraining: () => boolean;
  /** To those who look at requests, the log among them where it has their lines. */
  readonly events: EventQueue;
  readonly requestLog: RequestLog;
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
  { exchanges, events, requestLog, graphqlPath }: BeginExchangeOptions,
  request: ObservedRequest,
  response: ServerResponse,
): void {
  const began = performance.now();
  const { clientAddress } = request;
  const event = beginEvent(events.sinks, request, began, graphqlPath);
  exchanges.begin(request.raw, response, ({ cutFor }) => {
    if (cutFor !== undefined) noteRefusal(request, cutFor);
    const end = endOf(request, response, cutFor);
    if (event !== undefined) {
      endEvent(event, request, response, end);
      // Of a client that has left, the calls of models end in this turn.
      if (end === 'answered') events.add(event);
      else setImmediate(() => events.add(event));
    }
    if (end !== 'cut' || requestLog.isEnabled) return;
    const { raw, id, method, url } = request;
    const late = event ?? newEvent({ raw, id, method, url, clientAddress }, began, graphqlPath);
    if (event === undefined) endEvent(late, request, response, end);
    requestLog.record(late);
  });
}

function endEvent(
  event: RequestEvent,
  request: ObservedRequest,
  { statusCode }: ServerResponse,
  end: RequestEnd,
): void {
  const now = performance.now();
  const refusal = readRefusal(request);
  if (refusal !== undefined) {
    event.code = refusal.code;
    event.key = refusal.key;
  }
  event.status = statusCode;
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
  return readRefusal(request)?.code === 'INTERNAL_SERVER_ERROR' ? 'cut' : 'aborted';
}
