import { type ErrorCode, errorTable, type GatewayError } from '../../errors/index.ts';

export const jsonType = 'application/json; charset=utf-8';

/** The body of an answer that is one coded error. */
export function errorBody(code: ErrorCode, message: string = errorTable[code].client): string {
  return JSON.stringify({ errors: [{ message, extensions: { code } }] });
}

/** Headers a refusal needs besides its body: what to do instead, or when to come back. */
export function errorHeaders(error: GatewayError): Readonly<Record<string, string>> {
  if (error.code === 'METHOD_NOT_ALLOWED') return { allow: 'GET, POST' };
  if (error.code === 'UNAUTHENTICATED') return { 'www-authenticate': challengeOf(error) };
  const retryAfterMs = error.retryAfterMs ?? (error.code === 'OVERLOADED' ? 1_000 : undefined);
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) };
}

/** The challenge of RFC 6750, section 3; without an error where the request had no credentials. */
export function challengeOf({ message }: GatewayError): string {
  if (message === errorTable.UNAUTHENTICATED.client) return 'Bearer realm="isthmus"';
  return `Bearer realm="isthmus", error="invalid_token", error_description="${message.replaceAll(/["\\]/g, '')}"`;
}
