/**
 * The exact token count of a text for an OpenAI model: o200k, or cl100k for older models. Other vendors' tokenizers are
 * not available; for their models o200k is the nearest approximation.
 *
 * Counted in a worker thread, started by the first count. Loading o200k takes 270 ms of a thread and 90 MB, and its
 * merging is quadratic in the length of a word (7 s for 100,000 times the letter a), so texts are split into short
 * pieces first and neither ever blocks a request. On the path of a call, use `estimateTokens`.
 */

import { Worker } from 'node:worker_threads';
import {
  type Abortable,
  addAbortListener,
  longestTimerMs,
  removeAbortListener,
  siblingModule,
} from '../../lib/index.ts';
import type { CallBounds } from '../model-call/index.ts';
import type { CountJob, CountResult } from './count-tokens-worker.ts';
import { estimateTokens } from './estimate-tokens.ts';

export { estimateTokens } from './estimate-tokens.ts';

/** Longer texts are counted up to here and extrapolated: a second of the thread at most. */
const maxCharacters = 500_000;

/** The length of the queue; further counts are estimated. */
const maxWaiting = 100;

/** How long the thread may be idle before it is ended, to free its memory. */
const idleMs = 60_000;

interface Waiting {
  readonly settle: (tokens: number | undefined) => void;
}

let worker: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let nextId = 0;
const waiting = new Map<number, Waiting>();

/**
 * Falls back to the estimate if counting is not possible (the deadline has passed, the queue is full, the thread
 * failed).
 *
 * @throws the signal's reason
 */
export async function countTokens(text: string, model: string, { signal, deadline }: CallBounds): Promise<number> {
  signal.throwIfAborted();
  if (text === '') return 0;
  if (waiting.size >= maxWaiting || deadline.passed) return estimateTokens(text);
  const read = text.length > maxCharacters ? text.slice(0, maxCharacters) : text;
  const counted = await ask({ id: nextId++, text: read, model }, signal, deadline.remainingMs);
  signal.throwIfAborted();
  if (counted === undefined) return estimateTokens(text);
  return Math.ceil(counted * (text.length / read.length));
}

function ask(job: CountJob, signal: Abortable, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const settle = (tokens: number | undefined): void => {
      if (!waiting.delete(job.id)) return;
      clearTimeout(timer);
      removeAbortListener(signal, fallBack);
      resolve(tokens);
      rest();
    };
    const fallBack = (): void => settle(undefined);
    const timer = setTimeout(fallBack, Math.min(timeoutMs, longestTimerMs));
    waiting.set(job.id, { settle });
    addAbortListener(signal, fallBack);
    clearTimeout(idle);
    try {
      start().postMessage(job);
    } catch {
      // No thread can be created now: the text is estimated, and the next count tries again.
      settle(undefined);
    }
  });
}

function start(): Worker {
  if (worker !== undefined) {
    worker.ref();
    return worker;
  }
  const started = new Worker(siblingModule(import.meta.url, 'count-tokens-worker'));
  const broken = (): void => {
    if (worker !== started) return;
    worker = undefined;
    for (const { settle } of [...waiting.values()]) settle(undefined);
  };
  started.on('message', ({ id, tokens }: CountResult) => waiting.get(id)?.settle(tokens));
  started.on('error', broken);
  started.on('exit', broken);
  worker = started;
  return started;
}

/** The thread keeps the process alive only while it has work. */
function rest(): void {
  if (waiting.size > 0 || worker === undefined) return;
  const resting = worker;
  resting.unref();
  idle = setTimeout(() => {
    worker = undefined;
    void resting.terminate();
  }, idleMs);
  idle.unref();
}
