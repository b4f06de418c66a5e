/**
 * A batch: an array of operations as the body of one request, where `limits.batch` allows it. Each operation is answered as if
 * it had been sent alone: it is identified, charged to rates and budgets, and limited by itself, and fails by itself.
 *
 * The array is divided by its bytes, so that each operation is parsed where every other is, and read no differently.
 */
import { errorTable, GatewayError } from '../../errors/index.ts';
import { LongText } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { errorBody, errorHeaders, jsonType } from '../request/coded-answer.ts';
import { noteFailure } from '../request/note-refusal.ts';
import type { Answer, AnswerBody } from './answer-through-plugins.ts';
import { earliestDeprecation } from './deprecations.ts';

/** @returns undefined for what is no batch, or where none is allowed; @throws GatewayError `BAD_REQUEST`, `CONTENT_TOO_LARGE` */
export function batchEntries(
  { method, body }: Pick<ClientRequest, 'method' | 'body'>,
  max: number | undefined,
): readonly Buffer[] | undefined {
  if (max === undefined || method !== 'POST' || !Buffer.isBuffer(body)) return undefined;
  const start = skipSpace(body, 0);
  if (body[start] !== bytes.open) return undefined;
  const entries: Buffer[] = [];
  let from = skipSpace(body, start + 1);
  let end = from;
  if (body[from] !== bytes.close) {
    for (;;) {
      end = endOfEntry(body, from);
      entries.push(body.subarray(from, end));
      if (entries.length > max)
        throw new GatewayError('CONTENT_TOO_LARGE', { message: `A batch has at most ${max} operations.` });
      if (body[end] !== bytes.comma) break;
      from = end + 1;
    }
  }
  if (body[end] !== bytes.close || skipSpace(body, end + 1) < body.length)
    throw new GatewayError('BAD_REQUEST', { message: 'The request is not JSON.' });
  if (entries.length === 0) throw new GatewayError('BAD_REQUEST', { message: 'The batch has no operation.' });
  return entries;
}

export async function answerBatch(
  entries: readonly Buffer[],
  { raw, id, clientAddress, method, url, headers }: ClientRequest,
  answer: (request: ClientRequest) => Promise<Answer>,
  log: Logger,
): Promise<Answer> {
  // The parts of an answer have no place in an array.
  const entryHeaders = { ...headers, accept: 'application/json' };
  const answers = await Promise.all(
    entries.map(async (body) => {
      const entry = { raw, id, clientAddress, method, url, headers: entryHeaders, body };
      const { status, headers, body: text } = await answer(entry).catch((error: unknown) => refused(entry, error, log));
      return { status, headers, text: await textOf(text) };
    }),
  );
  const [first] = answers;
  const valuesOf = (name: string): readonly string[] =>
    answers.flatMap((each) => each.headers.filter(([header]) => header === name).map(([, value]) => value));
  const retries = valuesOf('retry-after').map(Number);
  const isAlike = answers.every(({ status }) => status === first?.status);
  return {
    status: isAlike ? (first?.status ?? 200) : 200,
    headers: [
      ['content-type', jsonType],
      ['cache-control', 'no-store'],
      ...(retries.length === 0 ? [] : [['retry-after', String(Math.min(...retries))] as const]),
      ...earliestDeprecation(valuesOf('deprecation'), valuesOf('sunset')),
    ],
    body: `[${answers.map(({ text }) => text).join(',')}]`,
    isShared: true,
  };
}

function refused(
  request: ClientRequest,
  error: unknown,
  log: Logger,
): Pick<Answer, 'status' | 'headers'> & { readonly body: string } {
  if (error instanceof GatewayError) {
    const { code, message } = error;
    return {
      status: errorTable[code].status,
      headers: Object.entries(errorHeaders(error)),
      body: errorBody(code, message),
    };
  }
  noteFailure(request, error, log);
  return { status: 500, headers: [], body: errorBody('INTERNAL_SERVER_ERROR') };
}

async function textOf(body: AnswerBody): Promise<string> {
  if (typeof body === 'string') return body;
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  if (body instanceof LongText) return body.whole().toString();
  return (await Array.fromAsync(body)).join('');
}

/** Of JSON's structure; none of them is part of a character of several bytes. */
const bytes = {
  ...{ quote: 0x22, comma: 0x2c, backslash: 0x5c },
  ...{ open: 0x5b, close: 0x5d, openObject: 0x7b, closeObject: 0x7d },
} as const;

/** The place of the comma or the bracket that ends it. */
function endOfEntry(body: Buffer, from: number): number {
  let depth = 0;
  let isText = false;
  for (let at = from; at < body.length; at++) {
    const byte = body[at];
    if (isText) {
      if (byte === bytes.backslash) at++;
      else if (byte === bytes.quote) isText = false;
    } else if (byte === bytes.quote) isText = true;
    else if (byte === bytes.open || byte === bytes.openObject) depth++;
    else if (depth === 0 && (byte === bytes.comma || byte === bytes.close)) return at;
    else if (byte === bytes.close || byte === bytes.closeObject) depth--;
  }
  return body.length;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}
