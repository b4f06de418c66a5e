/**
 * Writes records of model calls: a JSON line each to a file, and a short line each to the log.
 *
 * `record` only queues: lines are made and written a little later, in batches, so that neither a slow disk nor the log
 * holds up a call. Memory is bounded: what does not fit is dropped and counted, and the log says how many; the log goes
 * on when the file cannot be written. Only the fields of a record are written, each by its name: no texts, no keys.
 */
import { LineFile } from './line-file.ts';
import type { Logger } from './logger.ts';
import type { ModelCallRecord, ModelCallSink } from './model-calls.ts';

export interface ModelCallLogOptions {
  /** The file that lines are appended to; created with its folder, readable by its owner alone. @default none */
  readonly file?: string | undefined;
  readonly log: Logger;
  /** Counts those that are dropped. @default nothing is counted */
  readonly onDropped?: (() => void) | undefined;
  /** Records that may be waiting to be made into lines. @default 10000 */
  readonly maxQueued?: number;
  /** Characters that may be waiting to be written to the file; a record has about 700. @default 16000000 */
  readonly maxWaiting?: number;
  /** How long a record may wait before it is written. @default 50 */
  readonly delayMs?: number;
  /** How long to wait after the file could not be written. @default 1000 */
  readonly retryMs?: number;
  /** How long `close` tries to write what is still held. @default 2000 */
  readonly closeTimeoutMs?: number;
}

/** Records made into lines in one turn of the event loop: about 2 ms. */
const batchLength = 250;

export function createModelCallLog(options: ModelCallLogOptions): ModelCallSink {
  const { file, log, onDropped, maxQueued = 10_000, maxWaiting = 16_000_000, delayMs = 50 } = options;
  const { retryMs = 1_000, closeTimeoutMs = 2_000 } = options;
  const lines = file === undefined ? undefined : new LineFile({ path: file, maxWaiting, retryMs, onFailure });
  let queue: ModelCallRecord[] = [];
  let dropped = 0;
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;
  let emptying: Promise<void> | undefined;

  function onFailure(error: unknown): void {
    if (error === undefined) log.info({ file }, 'records of model calls are written again');
    else log.error({ error, file }, 'records of model calls cannot be written; they are buffered and tried again');
  }

  function drop(): void {
    dropped += 1;
    onDropped?.();
  }

  function schedule(): void {
    if (timer !== undefined || emptying !== undefined) return;
    timer = setTimeout(() => void empty(), delayMs);
    timer.unref();
  }

  function empty(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    emptying ??= makeLines().finally(() => {
      emptying = undefined;
      if (queue.length > 0) schedule();
    });
    return emptying;
  }

  async function makeLines(): Promise<void> {
    const records = queue;
    queue = [];
    for (let start = 0; start < records.length; start += batchLength) {
      if (start > 0) await nextTurn();
      for (const record of records.slice(start, start + batchLength)) {
        logRecord(log, record);
        if (lines !== undefined && !lines.add(lineOf(record))) drop();
      }
    }
    void lines?.flush();
    if (dropped === 0) return;
    log.warn({ dropped, file }, 'records of model calls were dropped: they came faster than they could be written');
    dropped = 0;
  }

  return {
    record(call) {
      if (isClosing || queue.length >= maxQueued) {
        drop();
        return;
      }
      queue.push(call);
      schedule();
    },
    async close() {
      if (isClosing) return;
      isClosing = true;
      await emptying;
      await empty();
      if (lines === undefined) return;
      await inTime(lines.flush(), closeTimeoutMs);
      if (!lines.isWritten) log.error({ file }, 'the last records of model calls could not be written');
      await inTime(lines.close(), closeTimeoutMs);
    },
  };
}

/** Waits for `work`, but not longer than so. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a line of the file is, field by field: what else an object may carry does not get out. */
function lineOf(call: ModelCallRecord): string {
  const { usage, price } = call;
  return JSON.stringify({
    at: call.at,
    requestId: call.requestId,
    caller: { id: call.caller.id, tenant: call.caller.tenant },
    operation: call.operation,
    alias: call.alias,
    prompt: call.prompt,
    model: call.model,
    respondedModel: call.respondedModel,
    providerRequestId: call.providerRequestId,
    attempts: call.attempts.map(({ model, outcome, durationMs }) => ({ model, outcome, durationMs })),
    usage: usage && {
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cachedInputTokens: usage.cachedInputTokens,
      cacheWriteTokens: usage.cacheWriteTokens,
      cacheWriteHourTokens: usage.cacheWriteHourTokens,
      reasoningTokens: usage.reasoningTokens,
      source: usage.source,
    },
    costUsd: call.costUsd,
    price: price && { source: price.source, version: price.version, date: price.date },
    durationMs: call.durationMs,
    timeToFirstTokenMs: call.timeToFirstTokenMs,
    finish: call.finish,
    cache: call.cache,
    guardrails: call.guardrails,
    adapted: call.adapted,
    streamed: call.streamed,
    shadow: call.shadow,
  });
}

function logRecord(log: Logger, call: ModelCallRecord): void {
  if (log.isLevelEnabled?.('info') === false) return;
  const fields = {
    requestId: call.requestId,
    alias: call.alias,
    model: call.model,
    prompt: call.prompt,
    attempts: call.attempts.length,
    inputTokens: call.usage?.inputTokens,
    outputTokens: call.usage?.outputTokens,
    costUsd: call.costUsd,
    durationMs: call.durationMs,
    finish: call.finish,
    cache: call.cache,
    adapted: call.adapted,
  };
  if (log.line === undefined) log.info(fields, 'model call');
  else log.line('info', JSON.stringify(fields).slice(1, -1), 'model call');
}
