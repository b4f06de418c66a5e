import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors/index.ts';
import { siblingModule } from '../lib/index.ts';
import type { Composition, CompositionOutcome, SubgraphSource } from './composition.ts';
import { CompositionError } from './composition.ts';

/** A worker that does not even end is left to the process's own end. */
const endTimeoutMs = 2_000;

/**
 * Composes in a worker of its own, which ends with the work: composing is rare, and what it leaves on the heap is not
 * kept. Memory and time are bounded, so that a hostile schema costs a refusal and nothing else.
 *
 * @param timeoutMs how long composing may take: 200 types in 10 subgraphs that all lead to each other take 32 s
 * @param signal ends it before
 * @throws CompositionError with every problem found, or the signal's reason
 */
export async function compose(
  sources: readonly SubgraphSource[],
  timeoutMs = 120_000,
  signal?: AbortSignal,
): Promise<Composition> {
  signal?.throwIfAborted();
  const refuse = (message: string) =>
    new CompositionError([
      {
        severity: 'error',
        code: 'COMPOSITION_FAILED',
        message,
        places: [],
        suggestedFix: 'make the schemas smaller or simpler',
      },
    ]);
  let worker: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    const started = await startWorker(sources, signal, refuse);
    worker = started;
    const outcome = await new Promise<CompositionOutcome>((resolve, reject) => {
      timer = setTimeout(() => reject(refuse(`composing took longer than ${timeoutMs} ms`)), timeoutMs);
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      started.once('message', resolve);
      started.once('error', (error: Error) => reject(refuse(`the composition worker failed: ${error.message}`)));
      started.once('exit', () => reject(refuse('the composition worker ended without an answer')));
    });
    if (outcome.kind === 'failed') throw new CompositionError(outcome.problems);
    const { kind: _kind, ...composition } = outcome;
    return composition;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    if (worker !== undefined) await endWorker(worker);
  }
}

/** How long to wait before each further attempt to start: threads and memory may be back in a moment. */
const startBackOffMs = [100, 400, 1_600];

async function startWorker(
  sources: readonly SubgraphSource[],
  signal: AbortSignal | undefined,
  refuse: (message: string) => Error,
): Promise<Worker> {
  for (let failed = 0; ; failed++) {
    try {
      return new Worker(siblingModule(import.meta.url, 'compose-worker'), {
        workerData: { sources },
        resourceLimits: { maxOldGenerationSizeMb: 2_048 },
      });
    } catch (error) {
      const waitMs = startBackOffMs[failed];
      if (waitMs === undefined) throw refuse(`the composition worker cannot start: ${messageOf(error)}`);
      await wait(waitMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function endWorker(worker: Worker): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, endTimeoutMs);
  });
  await Promise.race([worker.terminate(), late]);
  clearTimeout(timer);
  worker.unref();
}
