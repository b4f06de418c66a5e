/**
 * How many tokens a text has for an OpenAI model, counted: o200k, or cl100k for the models that read it; other vendors'
 * models read other tokens, and get o200k's count as the nearest there is.
 *
 * Counted in a thread of its own, started by the first count and let go with the process. Loading o200k takes 270 ms of
 * a thread and 90 MB, and its merging is quadratic in the length of a word (7 s for 100,000 times the letter a), so
 * texts are cut into short pieces first and neither ever holds up a request. On the path of a call, use
 * `estimateTokens`.
 */

import { Worker } from 'node:worker_threads';
import { longestTimerMs, siblingModule } from '../../lib/index.ts';
import type { CallBounds } from '../model-call/index.ts';
import type { CountJob, CountResult } from './count-tokens-worker.ts';
import { estimateTokens } from './estimate-tokens.ts';

export { estimateTokens } from './estimate-tokens.ts';

/** Longer texts are counted up to here, and the rest as if it were like that: a second of the thread at worst. */
const maxCharacters = 500_000;

/** Counts that may be waiting; what comes on top is estimated. */
const maxWaiting = 100;

/** How long the thread may lie idle before it is ended and its memory given back. */
const idleMs = 60_000;

interface Waiting {
  readonly settle: (tokens: number | undefined) => void;
}

let worker: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let nextId = 0;
const waiting = new Map<number, Waiting>();

/**
 * Where counting is not to be had (the deadline has come, too many are waiting, the thread broke), the estimate.
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

function ask(job: CountJob, signal: AbortSignal, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const settle = (tokens: number | undefined): void => {
      if (!waiting.delete(job.id)) return;
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(tokens);
      rest();
    };
    const giveUp = (): void => settle(undefined);
    const timer = setTimeout(giveUp, Math.min(timeoutMs, longestTimerMs));
    waiting.set(job.id, { settle });
    signal.addEventListener('abort', giveUp, { once: true });
    clearTimeout(idle);
    try {
      start().postMessage(job);
    } catch {
      // No thread is left for now: an estimate has to do, and the next count tries again.
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

/** The thread keeps the process alive only while it is asked something. */
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
