/**
 * Converts a stream of an AI SDK package: deltas, then exactly one `end` or `failed`.
 *
 * `end` only follows the provider's own terminal event (watch-events.ts). A connection that was cut or closed before it
 * is `stream_incomplete`; the usage until then is on the failure, estimated if it was not reported.
 */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import {
  type CallBounds,
  deadlinePassed,
  type ModelRequest,
  ProviderFailure,
  type ProviderStreamPart,
  recordOf,
  type StreamDelta,
  textIn,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import { onlyStop } from '../../wires/anthropic-messages/index.ts';
import { incompleteStream, type OutputReading } from '../../wires/shared/index.ts';
import { AiSdkAssembly } from './assemble-answer.ts';
import { type CallEnding, callEndingOf } from './call-ending.ts';
import { refused } from './check-warnings.ts';
import { isIgnorable } from './newer-events.ts';
import { AiSdkExchange, inExchange } from './observed-fetch.ts';
import type { AiSdkDialect } from './package-dialect.ts';
import { blockedPrompt, refusalIn, unfinished } from './read-answer.ts';
import { aiSdkFailure, aiSdkStreamFailure, requestIdIn } from './read-failure.ts';
import { readFinish } from './read-finish-reason.ts';
import { withReadEvents } from './read-gemini.ts';
import { aiSdkUsage, brokenUsage } from './read-usage.ts';
import { type AiSdkParts, packageParts } from './stream-parts.ts';
import { AiSdkWatch } from './watch-events.ts';

export interface AiSdkStreamCall {
  readonly dialect: AiSdkDialect;
  readonly request: ModelRequest;
  readonly bounds: CallBounds;
  readonly secrets: readonly string[];
  /** Resolves the model and converts the request; nothing is sent. */
  prepare(ending: CallEnding): Promise<PreparedCall>;
}

export interface PreparedCall {
  readonly model: LanguageModelV4;
  readonly options: LanguageModelV4CallOptions;
  /** The changes to the request that the package makes and that the policy allows. */
  readonly accepted: ReadonlySet<string>;
  readonly reading: OutputReading;
}

type FinishPart = Extract<LanguageModelV4StreamPart, { type: 'finish' }>;

export async function* aiSdkStream(call: AiSdkStreamCall): AsyncGenerator<ProviderStreamPart, void, undefined> {
  const { dialect, request, bounds, secrets } = call;
  const ending = callEndingOf(bounds);
  const { signal } = ending.bounds;
  const exchange = new AiSdkExchange(ending.bounds);
  const watch = new AiSdkWatch(dialect);
  let assembly: AiSdkAssembly | undefined;
  let parts: AiSdkParts | undefined;
  let isOver = false;
  /**
   * Whether an event was read here because the package could not parse it: the package's counts are then incomplete.
   */
  let wasReadHere = false;
  try {
    const prepared = await call.prepare(ending);
    assembly = new AiSdkAssembly(prepared.reading);
    parts = await begin(prepared);
    let finish: FinishPart | undefined;
    let answerId: string | undefined;
    const deltas: StreamDelta[] = [];
    while (finish === undefined) {
      const batch = await parts.read();
      if (signal.aborted) throw signal.reason;
      if (batch === undefined) break;
      const read = dialect === 'gemini' ? withReadEvents(batch) : batch;
      if (read !== batch) wasReadHere = true;
      for (const part of read) {
        if (part.type === 'raw') watch.see(part.rawValue);
        else if (part.type === 'finish') {
          finish = part;
          break;
        } else if (part.type === 'error') {
          if (!isIgnorable(dialect, part.error)) throw new StreamError(part.error);
        } else if (part.type === 'response-metadata') answerId ??= textIn(part.id);
        else if (part.type === 'stream-start') {
          const what = refused(part.warnings, request, prepared.accepted);
          if (what !== undefined) throw new ProviderFailure({ kind: 'unsupported', detail: what });
        } else {
          assembly.add(part, deltas);
          if (deltas.length === 0) continue;
          for (const delta of deltas) {
            yield delta;
            if (signal.aborted) throw signal.reason;
          }
          deltas.length = 0;
        }
      }
    }
    if (finish === undefined || !watch.isWhole(exchange, finish.finishReason))
      throw incompleteStream('the stream ended before the provider had ended its answer');
    const counts = dialect === 'gemini' && !wasReadHere ? (finish.usage.raw ?? watch.usage) : watch.usage;
    const usage = aiSdkUsage(dialect, counts, finish.usage, request, assembly.writtenText);
    const requestId = requestIdIn(exchange.headers) ?? answerId;
    if (watch.blocked !== undefined) throw blockedPrompt(watch.blocked, usage, requestId);
    const { finishReason } = finish;
    const raw = finishReason.raw ?? watch.reason;
    const reported = raw === undefined ? finishReason : { ...finishReason, raw };
    const finished = readFinish(dialect, reported, assembly.hasToolCalls);
    if (finished.kind === 'failed') throw unfinished(finished, usage, requestId);
    assembly.end(deltas);
    yield* deltas;
    isOver = true;
    const refusal = finished.reason === 'refusal' ? refusalIn(finish.providerMetadata) : undefined;
    yield {
      type: 'end',
      answer: {
        content: assembly.content(),
        finishReason: finished.reason,
        ...(refusal === undefined ? {} : { refusal }),
        ...onlyStop(raw, request),
        usage,
        ...(requestId === undefined ? {} : { requestId }),
        ...(watch.model === undefined ? {} : { respondedModel: watch.model }),
      },
    };
  } catch (error) {
    bounds.signal.throwIfAborted();
    const cause = bounds.deadline.passed ? deadlinePassed() : error;
    const usage = usageOf(cause);
    const requestId = requestIdIn(exchange.headers);
    yield { type: 'failed', failure: failureOf(cause, exchange, { secrets, usage, requestId }) };
  } finally {
    if (isOver && parts !== undefined) void parts.drain().finally(ending.end);
    else ending.end();
  }

  async function begin({ model, options }: PreparedCall): Promise<AiSdkParts> {
    const callOptions = { ...options, abortSignal: signal, includeRawChunks: true };
    const { stream } = await ending.race(() => inExchange(exchange, () => model.doStream(callOptions)));
    return packageParts(stream, signal);
  }

  /** The usage of an interrupted call; none if the provider refused it. */
  function usageOf(cause: unknown) {
    if (exchange.isPaid) return brokenUsage(dialect, watch.usage, request, assembly?.writtenText ?? '');
    const isLate = cause instanceof ProviderFailure && cause.kind === 'timeout';
    return isLate && exchange.state !== 'unsent' ? estimateUsage(request, '') : undefined;
  }
}

/** An error part, distinguished from errors that are thrown. */
class StreamError extends Error {
  readonly part: unknown;

  constructor(part: unknown) {
    super('the stream held an error');
    this.part = part;
  }
}

function failureOf(error: unknown, exchange: AiSdkExchange, context: Parameters<typeof aiSdkFailure>[1]) {
  if (error instanceof StreamError) return aiSdkStreamFailure(error.part, context);
  const failure = aiSdkFailure(error, context);
  if (!exchange.isPaid) return failure;
  const isCut = exchange.state === 'cut' && failure.kind === 'connection';
  // The package's own error at the end of the bytes: the last event was incomplete.
  const name = textIn(recordOf(error).name) ?? '';
  const isHalf = exchange.state === 'ended' && failure.kind === 'malformed' && name === 'Error';
  return isCut || isHalf
    ? aiSdkFailure(incompleteStream('the stream ended before the provider had ended its answer'), context)
    : failure;
}
