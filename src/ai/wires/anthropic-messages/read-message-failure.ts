/**
 * Reads Anthropic's errors: the body of an HTTP error, and an error event inside a stream, which have the same form.
 */
import {
  type FailureKind,
  type JsonObject,
  type ProviderFailure,
  parseJson,
  recordOf,
  textIn,
} from '../../model-call/index.ts';
import type { FailedAnswer } from '../shared/index.ts';
import { failureOfAnswer } from '../shared/index.ts';

/** @param secrets are redacted from the failure's detail */
export function messageFailure(answer: FailedAnswer, secrets: readonly string[]): ProviderFailure {
  const failure = failureOfAnswer(answer, secrets);
  const kind = messageFailureKind(answer.status, answer.body);
  return kind === undefined ? failure : failure.with({ kind });
}

/** An error object in a 200 answer; undefined if there is none. */
export function errorInMessage(error: JsonObject, secrets: readonly string[]): ProviderFailure | undefined {
  const { type, message } = error;
  if (typeof type !== 'string' || typeof message !== 'string') return undefined;
  return messageFailure({ status: statuses.get(type) ?? 500, headers: {}, body: JSON.stringify({ error }) }, secrets);
}

/** Statuses that Anthropic uses differently from the OpenAI wires; undefined for others. */
export function messageFailureKind(status: number, body: string): FailureKind | undefined {
  const outer = recordOf(parseJson(body));
  const error = recordOf(outer.error ?? outer);
  switch (textIn(error.type)) {
    case 'overloaded_error':
      return 'overloaded';
    case 'rate_limit_error':
      return 'rate_limited';
    case 'billing_error':
    case 'authentication_error':
    case 'permission_error':
      return 'unauthorized';
  }
  // An account without credit: an `invalid_request_error`.
  const message = textIn(error.message) ?? '';
  return status === 400 && /credit balance is too low/i.test(message) ? 'quota_exhausted' : undefined;
}

/** The HTTP status of the error, if it had occurred before the stream began. */
const statuses: ReadonlyMap<string, number> = new Map([
  ['api_error', 500],
  ['overloaded_error', 529],
  ['rate_limit_error', 429],
  ['request_too_large', 413],
  ['authentication_error', 401],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['billing_error', 400],
  ['invalid_request_error', 400],
]);
