import {
  forbidsRetry,
  retryAfterSeconds,
  statusOf,
  type WireErrorForm,
  wireErrorBody,
} from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { ClientReply } from '../request/client-reply.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { challengeOf, jsonType } from '../request/coded-answer.ts';
import { noteRefusal } from '../request/note-refusal.ts';
import { eventOf } from '../request/request-event.ts';

/** Answers whatever was thrown in the form of the wire that the request's path belongs to. */
export function refuseV1(thrown: unknown, request: ClientRequest, reply: ClientReply, log: Logger): unknown {
  return reply.send(writeRefusal(thrown, request, reply, log));
}

/** Sets the reply's status and headers for it. @returns the body */
export function writeRefusal(thrown: unknown, request: ClientRequest, reply: ClientReply, log: Logger): string {
  const error = codedError(thrown);
  noteRefusal(request, { code: error.code });
  eventOf(request)?.operations[0]?.addError(error.code);
  if (error.code === 'INTERNAL_SERVER_ERROR') {
    log.error({ requestId: request.id, error: thrown }, 'a request failed unexpectedly');
  } else if (error.detail !== undefined) {
    log.warn({ requestId: request.id, code: error.code, reason: error.detail }, 'a request of /v1 failed');
  }
  const form = wireErrorFormOf(request.url);
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined) reply.header('retry-after', String(seconds));
  if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', challengeOf(error));
  if (forbidsRetry(error)) reply.header('x-should-retry', 'false');
  // A refused body may still be arriving: this connection cannot be used again.
  if (error.code === 'CONTENT_TOO_LARGE') reply.header('connection', 'close');
  reply.code(statusOf(error));
  reply.header('content-type', jsonType);
  return wireErrorBody(form, error, request.id);
}

/** Whose errors and headers the clients of a path read. */
export function wireErrorFormOf(url: string): WireErrorForm {
  return url.startsWith('/v1/messages') ? 'anthropic' : 'openai';
}

/** `thrown` itself where it has a code; whatever else was thrown is a defect. */
export function codedError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL_SERVER_ERROR', { cause: thrown });
}
