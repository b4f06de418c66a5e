/**
 * Reads a provider's stream over HTTP, from bytes to parts: ends with exactly one `end` (the terminal event was read)
 * or `failed`. It throws only the signal's reason. A consumer that stops reading closes the connection.
 *
 * A failure after the answer has begun carries the usage as far as it is known: it is billed.
 */

import { messageOf } from '../../../errors/index.ts';
import type { Abortable } from '../../../lib/index.ts';
import {
  type FailureKind,
  ProviderFailure,
  type ProviderStreamPart,
  parseJson,
  type StreamDelta,
  type Usage,
} from '../../model-call/index.ts';
import type { FailedAnswer, StreamReader } from '../../wires/shared/index.ts';
import {
  createSseReader,
  failureOfAnswer,
  failureOfError,
  incompleteStream,
  requestIdOf,
} from '../../wires/shared/index.ts';
import type { HttpExchange } from './http-exchange.ts';

export interface ProviderStreamOptions {
  readonly signal: Abortable;
  /** Keys and other credentials, which are redacted from failures. */
  readonly keys: readonly string[];
  /** The bound of one event, in characters. */
  readonly maxEventLength: number;
  /** Reads an HTTP error of the provider. @default the rules of the OpenAI wires */
  readonly readFailure?: (answer: FailedAnswer, keys: readonly string[]) => ProviderFailure;
  /**
   * `strict`: an event requires its blank line, and a cut connection is `stream_incomplete` like one that ends early.
   * `lenient`: the last event may end with the body. @default 'lenient'
   */
  readonly framing?: 'strict' | 'lenient';
  /** The usage that is booked if the provider had not answered at the deadline. @default none */
  readonly usageWithoutAnswer?: () => Usage;
}

/** `begin` sends the request; what it throws becomes a failure too. */
export async function* providerStream(
  begin: () => Promise<{ readonly exchange: HttpExchange; readonly reader: StreamReader }>,
  options: ProviderStreamOptions,
): AsyncGenerator<ProviderStreamPart, void, undefined> {
  const { signal, maxEventLength, framing = 'lenient' } = options;
  let exchange: HttpExchange | undefined;
  let reader: StreamReader | undefined;
  let requestId: string | undefined;
  try {
    const begun = await begin();
    exchange = begun.exchange;
    await exchange.headersArrived();
    await refuseOtherAnswers(exchange, options);
    requestId = requestIdOf(exchange.headers);
    reader = begun.reader;
    const out: StreamDelta[] = [];
    let ended = false;
    const events = createSseReader({
      onEvent(data, name) {
        // The remaining bytes may be half an event: the stream was truncated, not malformed.
        if (ended && data !== '[DONE]' && parseJson(data) === undefined) {
          throw incompleteStream('the stream ended in the middle of an event');
        }
        begun.reader.read(data, name, out);
      },
      maxLength: maxEventLength,
    });
    while (!ended && !reader.isComplete) {
      const chunks = await exchange.read();
      ended = chunks === undefined;
      let failure: unknown;
      try {
        for (const chunk of chunks ?? []) events.feed(chunk);
        if (ended && framing === 'lenient') events.end();
      } catch (error) {
        failure = error;
      }
      for (const delta of out) {
        if (signal.aborted) throw signal.reason;
        yield delta;
      }
      out.length = 0;
      if (reader.failure !== undefined) throw reader.failure;
      if (failure !== undefined) throw failure;
    }
    if (!reader.isComplete && !(ended && reader.mayEnd)) {
      throw incompleteStream('the stream ended without its terminal event');
    }
    exchange.drain();
    const answer = reader.end(out);
    yield* out;
    yield { type: 'end', answer: requestId === undefined ? answer : { ...answer, requestId } };
  } catch (error) {
    signal.throwIfAborted();
    const isUnanswered = exchange !== undefined && exchange.status === 0;
    const unanswered = isUnanswered ? options.usageWithoutAnswer : undefined;
    const failure = failureWith(error, reader, requestId, unanswered);
    const isCut = framing === 'strict' && reader !== undefined && failure.kind === 'connection';
    yield { type: 'failed', failure: isCut ? failure.with({ kind: 'stream_incomplete' }) : failure };
  } finally {
    exchange?.stop();
  }
}

async function refuseOtherAnswers(
  exchange: HttpExchange,
  { keys, readFailure = failureOfAnswer }: ProviderStreamOptions,
): Promise<void> {
  const { status, headers } = exchange;
  const type = String(headers['content-type'] ?? '').toLowerCase();
  const isStream = !type.includes('json') && !type.includes('html');
  if (status >= 200 && status < 300 && isStream) return;
  const body = await exchange.text();
  if (status < 200 || status >= 300) throw readFailure({ status, headers, body }, keys);
  const parsed = parseJson(body);
  if (parsed !== null && typeof parsed === 'object' && 'error' in parsed && parsed.error !== null) {
    throw failureOfError(parsed, keys);
  }
  throw new ProviderFailure({ kind: 'malformed', detail: `a stream was asked for and ${type} answered`, status });
}

/** A failure of the connection, not an answer of the provider. */
const cuts: ReadonlySet<FailureKind> = new Set(['connection', 'timeout', 'stream_incomplete', 'malformed']);

function failureWith(
  error: unknown,
  reader: StreamReader | undefined,
  requestId: string | undefined,
  unanswered: (() => Usage) | undefined,
): ProviderFailure {
  const failure =
    error instanceof ProviderFailure ? error : new ProviderFailure({ kind: 'malformed', detail: messageOf(error) });
  const usage = failure.usage ?? reader?.spent(!cuts.has(failure.kind));
  const booked = usage ?? (failure.kind === 'timeout' ? unanswered?.() : undefined);
  const id = failure.requestId ?? requestId;
  return new ProviderFailure({
    kind: failure.kind,
    detail: failure.detail,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    ...(id === undefined ? {} : { requestId: id }),
    ...(booked === undefined ? {} : { usage: booked }),
  });
}
