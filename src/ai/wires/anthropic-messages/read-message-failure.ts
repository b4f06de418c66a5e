/**
 * Why Anthropic did not answer: from the body of an HTTP error, and from an error event inside a stream, which are of one
 * form.
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

/** @param secrets none of them is in the failure's detail */
export function messageFailure(answer: FailedAnswer, secrets: readonly string[]): ProviderFailure {
  const failure = failureOfAnswer(answer, secrets);
  const kind = messageFailureKind(answer.status, answer.body);
  return kind === undefined ? failure : failure.with({ kind });
}

/** An error object that came with HTTP 200; undefined where it is none. */
export function errorInMessage(error: JsonObject, secrets: readonly string[]): ProviderFailure | undefined {
  const { type, message } = error;
  if (typeof type !== 'string' || typeof message !== 'string') return undefined;
  return messageFailure({ status: statuses.get(type) ?? 500, headers: {}, body: JSON.stringify({ error }) }, secrets);
}

/** Where Anthropic says other things than the OpenAI wires with the same status; undefined elsewhere. */
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
  // An account that has run dry: an `invalid_request_error`.
  const message = textIn(error.message) ?? '';
  return status === 400 && /credit balance is too low/i.test(message) ? 'quota_exhausted' : undefined;
}

/** The HTTP status that an error would have had before the stream began. */
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
