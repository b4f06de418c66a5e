/**
 * The one worker thread of the built-in models, and the queue for it. The first job starts the thread, and an idle one does
 * not keep the process alive. A worker that crashes or hangs fails its current job; the next job gets a new worker. A job
 * that is aborted or timed out leaves the queue.
 */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../errors/index.ts';
import { siblingModule } from '../../../lib/index.ts';
import { type CallBounds, ProviderFailure, withinBounds } from '../../model-call/index.ts';
import type { LocalJob, LocalResult } from './local-job.ts';

export interface LocalModelsOptions {
  /** What failures begin with. */
  readonly name: string;
  /** The length of the worker's queue; further calls are refused. @default 1000 */
  readonly maxWaiting?: number;
  /** A job that takes longer is ended with its worker. @default 30 s */
  readonly maxJobMs?: number;
  /** The module of the worker; for tests. @default local-worker beside this file */
  readonly workerModule?: URL;
}

/** The built-in models, of this thread or of another. */
export interface LocalModels {
  /** @throws ProviderFailure where no worker can take the job, or the signal's reason */
  run(work: LocalJob, bounds: CallBounds): Promise<LocalResult>;
  close(): Promise<void>;
}

interface Job {
  readonly work: LocalJob;
  readonly settle: (result: LocalResult) => void;
}

export function createLocalModels(options: LocalModelsOptions): LocalModels {
  const { name, maxWaiting = 1_000, maxJobMs = 30_000 } = options;
  const workerModule = options.workerModule ?? siblingModule(import.meta.url, 'local-worker');
  const waiting = new Set<Job>();
  let running: { readonly job: Job; readonly timer: NodeJS.Timeout } | undefined;
  let worker: Worker | undefined;
  let closed = false;

  const failure = (kind: ProviderFailure['kind'], detail: string) =>
    new ProviderFailure({ kind, detail: `${name}: ${detail}` });

  function startWorker(): Worker {
    // Its streams are not captured: anything written to a captured one keeps the process alive. The worker discards its
    // own output.
    const env = { NODE_NO_WARNINGS: '1' };
    const started = new Worker(workerModule, { name: `isthmus ${name} models`, env });
    let reason = 'the worker stopped';
    started.on('message', (result: LocalResult) => finish(started, result));
    started.on('error', (error: unknown) => {
      reason = `the worker crashed: ${messageOf(error)}`;
    });
    started.on('exit', () => {
      const wasCurrent = worker === started;
      if (wasCurrent) worker = undefined;
      if (wasCurrent) finish(undefined, { kind: 'failed', detail: reason });
    });
    return started;
  }

  function finish(from: Worker | undefined, result: LocalResult): void {
    if (from !== worker) return;
    const ended = running;
    running = undefined;
    if (ended !== undefined) {
      clearTimeout(ended.timer);
      ended.job.settle(result);
    }
    runNext();
  }

  function runNext(): void {
    const [job] = waiting;
    if (running !== undefined) return;
    if (job === undefined) {
      worker?.unref();
      return;
    }
    waiting.delete(job);
    try {
      worker ??= startWorker();
    } catch (error) {
      // No thread can be created now: this call fails, and the next one tries again.
      job.settle({ kind: 'failed', detail: `the worker cannot start: ${messageOf(error)}` });
      runNext();
      return;
    }
    const busy = worker;
    busy.ref();
    const timer = setTimeout(() => {
      worker = undefined;
      void busy.terminate();
      finish(undefined, { kind: 'failed', detail: `the worker took longer than ${maxJobMs} ms` });
    }, maxJobMs);
    timer.unref();
    running = { job, timer };
    try {
      busy.postMessage(job.work);
    } catch (error) {
      // A request that contains a function or the like cannot be cloned for a thread.
      finish(busy, { kind: 'failed', detail: messageOf(error) });
    }
  }

  function run(work: LocalJob, bounds: CallBounds): Promise<LocalResult> {
    if (closed) throw failure('connection', 'the provider is closed');
    if (waiting.size >= maxWaiting) throw failure('overloaded', `${maxWaiting} calls are waiting already`);
    const settled = Promise.withResolvers<LocalResult>();
    const job: Job = { work, settle: settled.resolve };
    return withinBounds(bounds, () => {
      waiting.add(job);
      runNext();
      return settled.promise;
    }).finally(() => waiting.delete(job));
  }

  return {
    run,
    async close() {
      closed = true;
      const stopped = worker;
      worker = undefined;
      for (const { settle } of waiting) settle({ kind: 'failed', detail: 'the provider is closed' });
      waiting.clear();
      finish(undefined, { kind: 'failed', detail: 'the provider is closed' });
      await stopped?.terminate();
    },
  };
}
