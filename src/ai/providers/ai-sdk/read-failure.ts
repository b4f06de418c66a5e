/**
 * Converts the error of an AI SDK package into a `ProviderFailure`: from the HTTP answer, from an error inside a
 * stream, or from the package's own refusal. Errors are distinguished by name, because each package has its own copy of
 * their classes, and never passed on as causes: they contain the request.
 */
import { messageOf } from '../../../errors/index.ts';
import {
  type FailureDetails,
  type FailureKind,
  ProviderFailure,
  parseJson,
  recordOf,
  textIn,
  type Usage,
} from '../../model-call/index.ts';
import { messageFailureKind } from '../../wires/anthropic-messages/index.ts';
import type { HttpHeaders } from '../../wires/shared/index.ts';
import { failureOfAnswer, redactKey } from '../../wires/shared/index.ts';

/** The context that an error is read with. */
export interface FailureContext {
  /** The provider's keys and other credentials, which are redacted. */
  readonly secrets: readonly string[];
  /** The usage of the failed call. */
  readonly usage?: Usage | undefined;
  readonly requestId?: string | undefined;
}

/** The failure of a call that was rejected. */
export function aiSdkFailure(error: unknown, context: FailureContext): ProviderFailure {
  const failure = knownFailure(error);
  if (failure !== undefined) return completed(failure, context);
  const fields = recordOf(error);
  const name = textIn(fields.name) ?? '';
  if (typeof fields.statusCode === 'number') {
    const { statusCode: status, responseBody, responseHeaders } = fields;
    // A 2xx answer that the package could not parse.
    if (status >= 200 && status < 300) return failed('malformed', error, context, status);
    const headers = recordOf(responseHeaders) as Record<string, string>;
    return ofAnswer(status, headers, textIn(responseBody) ?? JSON.stringify({ message: fields.message }), context);
  }
  return failed(kinds.get(name) ?? 'malformed', error, context);
}

/** The failure of an error part of a stream: the package's reading of an event, or its own error. */
export function aiSdkStreamFailure(error: unknown, context: FailureContext): ProviderFailure {
  const failure = knownFailure(error);
  if (failure !== undefined) return completed(failure, context);
  const { name, type, message, statusCode } = recordOf(error);
  const isProviders = typeof statusCode === 'number' || (typeof type === 'string' && name === undefined);
  if (!isProviders) return failed('malformed', error, context);
  // A message in the body's form, so that the same rules apply to both.
  const body = JSON.stringify({ error: { ...recordOf(recordOf(error).data), type, message } });
  return ofAnswer(typeof statusCode === 'number' ? statusCode : 500, {}, body, context);
}

/** Names of the AI SDK's errors (`@ai-sdk/provider`, src/errors) that are not HTTP answers. */
const kinds: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['AI_UnsupportedFunctionalityError', 'unsupported'],
  ['AI_NoSuchModelError', 'unsupported'],
  ['AI_LoadSettingError', 'unsupported'],
  ['AI_TooManyEmbeddingValuesForCallError', 'unsupported'],
  ['AI_LoadAPIKeyError', 'unauthorized'],
  ['AI_InvalidPromptError', 'invalid_request'],
  ['AI_InvalidArgumentError', 'invalid_request'],
  ['AI_APICallError', 'connection'],
]);

function ofAnswer(status: number, headers: Record<string, string>, body: string, context: FailureContext) {
  const { kind, detail, retryAfterMs, requestId } = failureOfAnswer({ status, headers, body }, context.secrets);
  return build(
    {
      kind: ownKind(status, body) ?? kind,
      detail,
      status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(requestId === undefined ? {} : { requestId }),
    },
    context,
  );
}

/** Statuses that these providers use differently from the OpenAI wire. */
function ownKind(status: number, body: string): FailureKind | undefined {
  const messageKind = messageFailureKind(status, body);
  if (messageKind !== undefined) return messageKind;
  const outer = recordOf(parseJson(body));
  const message = textIn(recordOf(outer.error ?? outer).message) ?? '';
  // Gemini answers 400 to an unknown key.
  if (status === 400 && /API key (?:not valid|expired|not found)/i.test(message)) return 'unauthorized';
  if (status === 400 && isTooLong.test(message)) return 'context_window';
  // Cohere: a token of the input that it does not accept.
  if (status === 498) return 'invalid_request';
  // Bedrock: the model itself failed.
  return status === 424 ? 'server_error' : undefined;
}

/** Gemini, Bedrock and Cohere. */
const isTooLong =
  /prompt is too long|input is too long|input token count .*exceeds|exceeds? the (?:model'?s? )?(?:context|maximum)|context (?:window|limit)|too many (?:input )?tokens|exceed.* token limit/i;

/** A failure of the gateway's own fetch (a deadline, a bound, a reset), however deeply the package wrapped it. */
function knownFailure(error: unknown): ProviderFailure | undefined {
  let cause = error;
  for (let depth = 0; depth < 5 && cause instanceof Error; depth += 1) {
    if (cause instanceof ProviderFailure) return cause;
    cause = cause.cause;
  }
  return undefined;
}

function completed(failure: ProviderFailure, context: FailureContext): ProviderFailure {
  const { usage = context.usage, requestId = context.requestId } = failure;
  if (usage === failure.usage && requestId === failure.requestId) return failure;
  return failure.with({ usage, requestId });
}

function failed(kind: FailureKind, error: unknown, context: FailureContext, status?: number): ProviderFailure {
  const sentences: string[] = [];
  for (let cause = error, depth = 0; cause !== undefined && depth < 3; depth += 1) {
    const words = withoutContent(messageOf(cause)).replaceAll(/\s+/g, ' ').slice(0, 500);
    if (!sentences.some((before) => before.endsWith(words))) sentences.push(words);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return build(
    { kind, detail: redacted(sentences.join(': '), context.secrets), ...(status ? { status } : {}) },
    context,
  );
}

/** Packages quote the whole answer that they could not parse: model output does not belong in the log. */
function withoutContent(message: string): string {
  const quoted = message.search(/(?:Value|Text): /);
  if (quoted === -1) return message;
  const reason = message.lastIndexOf('\nError message: ');
  return `${message.slice(0, quoted)}${reason === -1 ? '' : message.slice(reason + 1)}`;
}

function redacted(text: string, secrets: readonly string[]): string {
  let redactedText = text.slice(0, 2_000);
  for (const secret of secrets) redactedText = redactKey(redactedText, secret);
  return redactKey(redactedText, undefined);
}

function build(details: FailureDetails, { usage, requestId }: FailureContext): ProviderFailure {
  return new ProviderFailure({
    ...details,
    ...(details.requestId === undefined && requestId !== undefined ? { requestId } : {}),
    ...(usage === undefined ? {} : { usage }),
  });
}

const requestIdHeaders = ['request-id', 'x-request-id', 'x-amzn-requestid', 'x-goog-request-id', 'x-debug-trace-id'];

/** The provider's request id from the response headers. */
export function requestIdIn(headers: HttpHeaders): string | undefined {
  for (const name of requestIdHeaders) {
    const value = headers[name];
    if (value !== undefined && value !== '') return String(value).slice(0, 200);
  }
  return undefined;
}
