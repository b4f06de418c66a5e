/**
 * Converts the errors of the OpenAI wire, from status, headers and body, which differ between endpoints, into a
 * `ProviderFailure`. Errors inside a 200 answer follow the same rules. The provider's message is in `detail`, with its
 * keys redacted.
 */
import { readRetryAfter } from '../../../transport/index.ts';
import {
  arrayOf,
  type FailureKind,
  type JsonObject,
  ProviderFailure,
  parseJson,
  recordOf,
  textIn,
  type Usage,
} from '../../model-call/index.ts';
import type { HttpHeaders } from './http-headers.ts';
import { redactKey } from './redact-key.ts';

export interface FailedAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: string;
}

/** The failure of an HTTP status other than 2xx. */
export function failureOfAnswer({ status, headers, body }: FailedAnswer, keys: readonly string[]): ProviderFailure {
  const error = readErrorBody(parseJson(body));
  const requestId = requestIdOf(headers);
  const retryAfterMs = retryAfterOf(headers) ?? retryInfoOf(error.details);
  const kind = kindOf(status, error);
  const field = kind === 'unsupported_value' ? fieldOf(error) : undefined;
  return new ProviderFailure({
    kind,
    ...(field === undefined ? {} : { field }),
    detail: detailOf(String(status), status >= 300 && status < 400 ? redirected : error, keys),
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

/** The failure of an error object inside a 200 answer. */
export function failureOfError(body: unknown, keys: readonly string[], usage?: Usage): ProviderFailure {
  const error = readErrorBody(body);
  const status = statusIn(error.code);
  return new ProviderFailure({
    kind: status === undefined ? (kindOfMessage(error) ?? 'server_error') : kindOf(status, error),
    detail: detailOf('error in the answer:', error, keys),
    ...(status === undefined ? {} : { status }),
    ...(usage === undefined ? {} : { usage }),
  });
}

/** The provider's request id: OpenAI's header, and Azure's. */
export function requestIdOf(headers: HttpHeaders): string | undefined {
  for (const name of ['x-request-id', 'request-id', 'apim-request-id']) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value.slice(0, 200);
  }
  return undefined;
}

/** `retry-after-ms`, `x-ms-retry-after-ms`, then `retry-after` in seconds or as a date; invalid values are ignored. */
export function retryAfterOf(headers: HttpHeaders): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = headers[name];
    if (typeof value === 'string' && /^\d{1,15}(?:\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value));
  }
  const value = headers['retry-after'];
  if (typeof value === 'string' && /^\d{1,12}\.\d{1,9}$/.test(value)) return Math.ceil(Number(value) * 1_000);
  return readRetryAfter(value, Date.now());
}

interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  /** Azure's inner error code. */
  readonly innerCode: string;
  /** The invalid field, as OpenAI names it. */
  readonly param: string;
  readonly details: unknown;
}

const redirected: ErrorBody = {
  message: 'a redirect, which is not followed',
  type: '',
  code: '',
  innerCode: '',
  param: '',
  details: null,
};

/**
 * `{ error: { message, type, code } }` and its variants: an error that is a text, a flat one (`{ object: "error" }`),
 * one in a list (Gemini's compatible endpoint), or under `detail` (FastAPI).
 */
function readErrorBody(body: unknown): ErrorBody {
  const outer = recordOf(Array.isArray(body) ? body[0] : body);
  const error = isObject(outer.error) ? outer.error : outer;
  const inner = recordOf(error.innererror ?? error.inner_error);
  const message = textIn(error.message) ?? textIn(outer.error) ?? textIn(outer.detail) ?? listed(outer.detail) ?? '';
  return {
    message,
    type: textIn(error.type) ?? '',
    code: textIn(error.code) ?? (typeof error.code === 'number' ? String(error.code) : ''),
    innerCode: textIn(inner.code) ?? '',
    param: textIn(error.param) ?? '',
    details: error.details,
  };
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function listed(detail: unknown): string | undefined {
  return Array.isArray(detail) ? JSON.stringify(detail) : undefined;
}

function detailOf(first: string, { code, innerCode, type, message }: ErrorBody, keys: readonly string[]): string {
  const errorName = code === '' || code === first ? type : code;
  let sentence = [first, errorName, innerCode, message]
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, 2_000);
  for (const key of keys) sentence = redactKey(sentence, key);
  return redactKey(sentence, undefined).slice(0, 500);
}

function statusIn(code: string): number | undefined {
  return /^[45]\d\d$/.test(code) ? Number(code) : undefined;
}

function kindOf(status: number, error: ErrorBody): FailureKind {
  if (status === 429) return isQuota(error) ? 'quota_exhausted' : 'rate_limited';
  if (status === 401 || status === 402) return 'unauthorized';
  if (status === 403) return isPolicy(error) ? 'content_policy' : 'unauthorized';
  if (status === 404) return 'not_found';
  // 498: Groq's "flex capacity exceeded".
  if (status === 503 || status === 529 || status === 498) return 'overloaded';
  if (status === 408 || status === 409 || status >= 500) {
    return status === 500 && isContextWindow(error) ? 'context_window' : 'server_error';
  }
  if (status >= 300 && status < 400) return 'malformed';
  if (isContextWindow(error) || status === 413) return 'context_window';
  if (isPolicy(error)) return 'content_policy';
  if (isUnsupported(error)) return 'unsupported_value';
  const kind = kindOfMessage(error);
  return kind === 'not_found' || kind === 'quota_exhausted' ? kind : 'invalid_request';
}

/** Without a meaningful status: by code, type and message. */
function kindOfMessage(error: ErrorBody): FailureKind | undefined {
  if (isQuota(error)) return 'quota_exhausted';
  if (isContextWindow(error)) return 'context_window';
  if (isPolicy(error)) return 'content_policy';
  if (isUnsupported(error)) return 'unsupported_value';
  for (const word of [error.code, error.type]) {
    switch (word) {
      case 'rate_limit_exceeded':
      case 'rate_limit_error':
      case 'too_many_requests':
        return 'rate_limited';
      case 'model_not_found':
      case 'not_found_error':
      case 'DeploymentNotFound':
        return 'not_found';
      case 'overloaded_error':
      case 'overloaded':
      case 'server_overloaded':
      case 'slow_down':
        return 'overloaded';
      case 'invalid_api_key':
      case 'authentication_error':
      case 'permission_error':
      case 'billing_error':
        return 'unauthorized';
      case 'invalid_request_error':
      case 'invalid_prompt':
      case 'BadRequestError':
        return 'invalid_request';
      case 'timeout':
      case 'server_error':
      case 'internal_error':
        return 'server_error';
    }
  }
  return undefined;
}

function isQuota({ code, type }: ErrorBody): boolean {
  return [code, type].some(
    (word) => word === 'insufficient_quota' || word === 'billing_hard_limit_reached' || word === 'billing_not_active',
  );
}

/**
 * The model does not support the field, or its value; another model may. OpenAI and Azure have codes for it; the
 * patterns match messages of endpoints without codes (Anthropic, Gemini, Groq, xAI, Mistral, FastAPI's
 * `extra_forbidden`).
 */
function isUnsupported({ code, type, message }: ErrorBody): boolean {
  const isCoded = [code, type].some((word) =>
    /^(?:unsupported|unknown)_(?:value|parameter)$|^UnsupportedParams/.test(word),
  );
  return isCoded || unsupportedMessagePatterns.test(message);
}

const unsupportedMessagePatterns =
  /^unsupported (?:parameter|value)|unrecognized request argument|does not support (?:the )?(?:[\w.]+ )?parameter|parameter [`'"]?[\w.]+[`'"]? is not supported|property '[\w.]+' is unsupported|extra_forbidden|extra inputs are not permitted|unknown name "\w+"/i;

/** Only a name, never the provider's text. */
function fieldOf({ param, message }: ErrorBody): string | undefined {
  const field = param === '' ? /['"`]([\w.[\]]{1,64})['"`]/.exec(message)?.[1] : param;
  return field !== undefined && /^[\w.[\]]{1,64}$/.test(field) ? field : undefined;
}

/** The messages of OpenAI, vLLM, llama.cpp, Together, xAI, Fireworks, Mistral, LM Studio and OpenRouter. */
const tooLong =
  /maximum (?:context|prompt) length|context[ _](?:length|window|size)|prompt is too long|input is too long|too many (?:input )?tokens|`?inputs`? tokens \+|reduce the length|exceeds? the (?:available|maximum|model'?s?) (?:context|input|number of tokens)/i;

function isContextWindow({ code, type, message }: ErrorBody): boolean {
  return code === 'context_length_exceeded' || type === 'exceed_context_size_error' || tooLong.test(message);
}

const refused =
  /content management policy|content polic|usage (?:polic|guideline)|safety system|flagged (?:as|by|for)|requires moderation|content exists risk/i;

function isPolicy({ code, innerCode, message }: ErrorBody): boolean {
  return (
    code === 'content_filter' ||
    code === 'content_policy_violation' ||
    code === 'moderation_blocked' ||
    innerCode === 'ResponsibleAIPolicyViolation' ||
    refused.test(message)
  );
}

/** Gemini, also on its compatible endpoint, has it in the body: `{ "@type": "…RetryInfo", "retryDelay": "34.4s" }`. */
function retryInfoOf(details: unknown): number | undefined {
  for (const detail of arrayOf(details)) {
    const delay = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(textIn(recordOf(detail).retryDelay) ?? '');
    if (delay !== null) return Math.ceil(Number(delay[1]) * 1_000);
  }
  return undefined;
}
