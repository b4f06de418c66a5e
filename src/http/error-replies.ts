/** The replies to requests that no route answers: each is one coded error. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import { readEncodings } from './decode-body.ts';
import { errorBody, errorHeaders, jsonType } from './request/coded-answer.ts';
import { toGatewayError } from './request/fastify-errors.ts';
import { noteRefusal } from './request/note-refusal.ts';

/** Adds the replies for paths without a route and for whatever a route throws. */
export function addErrorReplies(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).header('content-type', jsonType).send(errorBody('NOT_FOUND'));
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const coded = toGatewayError(error, 'BAD_REQUEST');
    if (coded.code === 'INTERNAL_SERVER_ERROR') {
      log.error({ requestId: request.id, error }, 'a request failed unexpectedly');
    }
    refuse(coded, request, reply);
  });
}

export function refuse(error: GatewayError, request: FastifyRequest, reply: FastifyReply): void {
  noteRefusal(request, { code: error.code });
  const { status, headers, body } = refusalOf(error);
  reply.code(status).header('x-request-id', request.id);
  for (const [name, value] of headers) reply.header(name, value);
  reply.send(body);
}

/** The answer to a request that is refused. */
export function refusalOf(error: GatewayError): {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
} {
  const headers = [...Object.entries(errorHeaders(error)), ['content-type', jsonType] as const];
  // A refused body may still be arriving: this connection cannot be used again.
  if (error.code === 'CONTENT_TOO_LARGE') headers.push(['connection', 'close']);
  if (error.code === 'UNSUPPORTED_MEDIA_TYPE') headers.push(['accept-encoding', readEncodings]);
  return { status: error.entry.status, headers, body: errorBody(error.code, error.message) };
}
