/** Examines in a worker thread of its own: the event loop keeps serving, memory and time are bounded, and both end with it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../errors/index.ts';
import { siblingModule } from '../../../lib/index.ts';
import type { Examination, Examined } from './examine.ts';

export interface ExamineOptions {
  readonly before?: Examined | undefined;
  readonly after: Examined;
  readonly signal?: AbortSignal | undefined;
  /** @default 60_000 */
  readonly timeoutMs?: number | undefined;
}

/** The schemas are too large or too deep to be examined within the bounds. */
export class ExamineError extends Error {
  override readonly name = 'ExamineError';
}

/** @throws ExamineError, or the signal's reason */
export async function examineInWorker({
  before,
  after,
  signal,
  timeoutMs = 60_000,
}: ExamineOptions): Promise<Examination> {
  signal?.throwIfAborted();
  const worker = new Worker(siblingModule(import.meta.url, 'examine-worker'), {
    workerData: { before, after },
    resourceLimits: { maxOldGenerationSizeMb: 2_048 },
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  const bounds = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const [examination] = (await once(worker, 'message', { signal: bounds })) as [Examination];
    return examination;
  } catch (error) {
    signal?.throwIfAborted();
    const reason = timeout.aborted ? `they take longer than ${timeoutMs} ms` : messageOf(error);
    throw new ExamineError(`the schemas cannot be compared and linted: ${reason}`, { cause: error });
  } finally {
    await worker.terminate();
  }
}
