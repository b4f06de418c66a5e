/** The life of a GraphQL request where plugins take part: their `onRequest`, the answer, refusals included, their `onResponse`. */

import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import { LongText } from '../../execution/index.ts';
import { type Abortable, abortSignalOf } from '../../lib/index.ts';
import type { OperationEvent } from '../../observability/index.ts';
import { type Hooks, type HttpAnswer, runRequestHooks, runResponseHooks } from '../../plugins/index.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { errorBody, errorHeaders, jsonType } from '../request/coded-answer.ts';
import type { RawRequest } from './read-graphql-request.ts';

/** Whole, in pieces that are made while they are sent, or in parts that come later. */
export type AnswerBody = Buffer | string | LongText | AsyncIterable<string>;

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Pieces become a whole where several requests share the answer. */
  body: AnswerBody;
  /** The error that is the whole answer. */
  readonly code?: ErrorCode | undefined;
  /** Of the operation that was run for it, by whichever request. */
  readonly event?: OperationEvent | undefined;
  /**
   * Whether others may read the body's bytes, too: requests that share it, plugins. Where not, their buffer is used again
   * once they are sent.
   */
  isShared: boolean;
  /** Whether no two of its headers have one name: head and body go out together. @default false */
  readonly isPlain?: boolean;
}

/** @param respond answers the request as the plugins left it */
export async function answerThroughPlugins(
  hooks: Hooks,
  { id, method, url, headers, body }: ClientRequest,
  signal: Abortable,
  respond: (request: RawRequest, values: Map<string, unknown>) => Promise<Answer>,
): Promise<Answer> {
  const values = new Map<string, unknown>();
  const answering = async (): Promise<Answer> => {
    const hooked = await runRequestHooks(hooks, { id, method, url, headers, body }, values, signal);
    if (hooked.kind === 'answer') return pluginAnswer(hooked.answer);
    return respond({ method, url, headers: hooked.headers, body: hooked.body }, values);
  };
  if (hooks.onResponse === undefined) return answering();
  const answer = await answering().catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof GatewayError)) throw error;
    return codedAnswer(error);
  });
  const fields: Record<string, string | readonly string[]> = {};
  for (const [name, value] of answer.headers) {
    const earlier = fields[name];
    fields[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value].flat();
  }
  const answered = answer.body instanceof LongText ? answer.body.whole() : answer.body;
  const isWhole = typeof answered === 'string' || Buffer.isBuffer(answered);
  const event = {
    requestId: id,
    context: values,
    signal: abortSignalOf(signal),
    status: answer.status,
    headers: fields,
    body: isWhole ? String(answered) : undefined,
  };
  await runResponseHooks(hooks, event);
  return {
    status: event.status,
    headers: pairsOf(fields),
    body: isWhole ? (event.body ?? '') : answered,
    code: answer.code,
    event: answer.event,
    isShared: true,
  };
}

function pairsOf(headers: Readonly<Record<string, string | readonly string[]>>): Answer['headers'] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((item) => [name, item] as const),
  );
}

/** A plugin's own answer. */
function pluginAnswer({ status, headers = { 'content-type': jsonType }, body = '' }: HttpAnswer): Answer {
  return { status, headers: pairsOf(headers), body, isShared: true };
}

function codedAnswer(error: GatewayError): Answer {
  const { code, message, entry } = error;
  const headers = Object.entries({ ...errorHeaders(error), 'content-type': jsonType });
  return { status: entry.status, headers, body: errorBody(code, message), code, isShared: true };
}
