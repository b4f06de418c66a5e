/** Our codes as the vendors' error bodies, as their clients read them. No address, stack or provider's text is in any. */
import { type ErrorCode, errorTable, type GatewayError } from '../../../errors/index.ts';
import { InvalidField } from './invalid-field.ts';

export type WireErrorForm = 'openai' | 'anthropic';

/** Codes that are a part of a GraphQL answer elsewhere, and are the whole answer here. */
const statuses: ReadonlyMap<ErrorCode, number> = new Map([
  ['AI_OUTPUT_INVALID', 502],
  ['AI_OUTPUT_REFUSED', 422],
  ['AI_BUDGET_EXCEEDED', 429],
]);

/** What a provider of ours lacks, not the client: asking again by itself would be in vain (RFC 4918, section 11.4). */
const failedDependency = 424;

export function statusOf(error: GatewayError): number {
  if (error.isPermanent) return failedDependency;
  return statuses.get(error.code) ?? error.entry.status;
}

/** Sentences of the table that speak of GraphQL. */
const sentences: ReadonlyMap<ErrorCode, string> = new Map([
  ['METHOD_NOT_ALLOWED', 'This method is not allowed here.'],
  ['BAD_REQUEST', 'The request is malformed.'],
]);

function sentenceOf({ code, message }: GatewayError): string {
  return message === errorTable[code].client ? (sentences.get(code) ?? message) : message;
}

/** The type OpenAI gives a status. */
function openAiType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** Codes that OpenAI has a name for, which its clients' users look for. */
const openAiCodes: ReadonlyMap<ErrorCode, string> = new Map([
  ['UNAUTHENTICATED', 'invalid_api_key'],
  ['AI_BUDGET_EXCEEDED', 'insufficient_quota'],
]);

/** `{ message, type, param, code }`: what OpenAI's `error` holds. */
export function openAiError(error: GatewayError): Readonly<Record<string, string | null>> {
  return {
    message: sentenceOf(error),
    type: error.code === 'AI_BUDGET_EXCEEDED' ? 'insufficient_quota' : openAiType(statusOf(error)),
    param: error instanceof InvalidField ? (error.param ?? null) : null,
    code: openAiCodes.get(error.code) ?? error.code,
  };
}

function anthropicType(error: GatewayError): string {
  const status = statusOf(error);
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 503:
      return error.entry.retryable ? 'overloaded_error' : 'api_error';
    case 504:
      return 'timeout_error';
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error';
  }
}

/** `{ type, message }`: what Anthropic's `error` holds. */
export function anthropicError(error: GatewayError): Readonly<Record<string, string>> {
  return { type: anthropicType(error), message: sentenceOf(error) };
}

export function wireErrorBody(form: WireErrorForm, error: GatewayError, requestId: string): string {
  return JSON.stringify(
    form === 'openai'
      ? { error: openAiError(error) }
      : { type: 'error', error: anthropicError(error), request_id: requestId },
  );
}

/** Whether the vendors' clients would ask again by themselves, in vain: they repeat 429 and whatever is 500 or above. */
export function forbidsRetry(error: GatewayError): boolean {
  return error.code === 'AI_BUDGET_EXCEEDED' || (statusOf(error) >= 500 && !error.entry.retryable);
}

/** In whole seconds, rounded up; `undefined` where waiting would not help. */
export function retryAfterSeconds(error: GatewayError): number | undefined {
  const status = statusOf(error);
  if (status !== 429 && !(status === 503 && error.entry.retryable)) return undefined;
  return Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000));
}
