import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors/index.ts';
import { siblingModule } from '../lib/index.ts';
import type { Composition, CompositionOutcome, SubgraphSource } from './composition.ts';
import { CompositionError } from './composition.ts';
import type { ContractFilter } from './contracts/compose-contracts.ts';

/** How long to wait for the worker to terminate. After that it is left running until the process ends. */
const endTimeoutMs = 2_000;

/** What the worker is given. */
export interface ComposeInput {
  readonly sources: readonly SubgraphSource[];
  readonly contracts: readonly ContractFilter[];
}

/**
 * Composes in a worker thread that is terminated afterwards: composition is rare, and its heap is freed with the
 * worker. Memory and time are bounded, so that a hostile schema causes an error and nothing else.
 *
 * @param timeoutMs the limit of composition time: 200 types in 10 subgraphs that all reference each other take 32 s
 * @param signal aborts composition
 * @param contracts composed with the supergraph: each is valid, or a problem
 * @throws CompositionError with every problem found, or the signal's reason
 */
export async function compose(
  sources: readonly SubgraphSource[],
  timeoutMs = 120_000,
  signal?: AbortSignal,
  contracts: readonly ContractFilter[] = [],
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
    const started = await startWorker({ sources, contracts }, signal, refuse);
    worker = started;
    // Aborted while the worker was starting: the listener below would not be called.
    signal?.throwIfAborted();
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

/** The delay before each further attempt to start a worker: a shortage of threads or memory is often brief. */
const startBackOffMs = [100, 400, 1_600];

async function startWorker(
  input: ComposeInput,
  signal: AbortSignal | undefined,
  refuse: (message: string) => Error,
): Promise<Worker> {
  for (let failed = 0; ; failed++) {
    try {
      return new Worker(siblingModule(import.meta.url, 'compose-worker'), {
        workerData: input,
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
