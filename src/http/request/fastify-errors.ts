import type { FastifyError } from 'fastify';
import { type ErrorCode, GatewayError, messageOf } from '../../errors/index.ts';

const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'CONTENT_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  // The client disconnected while it sent its body.
  ['ECONNRESET', 'CLIENT_CLOSED_REQUEST'],
]);

const malformed: ReadonlySet<string> = new Set(['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'FST_ERR_BAD_URL']);

/**
 * The coded error for a request that Fastify refused before its route ran; an error that has a code already is returned.
 * @param malformedCode the route's own code for requests that are malformed
 */
export function toGatewayError(error: FastifyError, malformedCode: ErrorCode): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = malformed.has(error.code) ? malformedCode : codes.get(error.code);
  return new GatewayError(code ?? 'INTERNAL_SERVER_ERROR', { cause: error, detail: messageOf(error) });
}
