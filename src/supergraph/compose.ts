import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../errors/index.ts';
import { siblingModule, stableHash } from '../lib/index.ts';
import type { Composition, CompositionOutcome, SubgraphSource } from './composition.ts';
import { CompositionError } from './composition.ts';
import type { ContractFilter } from './contracts/compose-contracts.ts';
import type { AdoptionOutcome, ExternalSupergraph } from './external/adopt-supergraph.ts';

/** How long to wait for the worker to terminate. After that it is left running until the process ends. */
const endTimeoutMs = 2_000;

/** How long a worker waits for another composition: an edit is often followed by the next. */
const idleMs = 10_000;

/** What the worker is given: subgraphs to compose, or a supergraph that another registry has composed. */
export type ComposeInput = { readonly contracts: readonly ContractFilter[] } & (
  | { readonly kind: 'subgraphs'; readonly sources: readonly SubgraphSource[] }
  | { readonly kind: 'supergraph'; readonly external: ExternalSupergraph }
);

type Outcome = CompositionOutcome | AdoptionOutcome;

/**
 * The newest compositions, by what they were made of. A registry composes what its own gateway serves next, and a graph goes
 * back to what it has served before: neither composes it again, nor starts a worker.
 */
const compositions = new LRUCache<string, Composition>({
  max: 4,
  maxSize: 16_000_000,
  sizeCalculation: ({ supergraphSdl, apiSdl }) => supergraphSdl.length + apiSdl.length,
});

/**
 * Composes subgraphs, in the worker, or takes what was composed of them lately.
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
  const input = { kind: 'subgraphs', sources, contracts } as const;
  const name = stableHash(input);
  const before = compositions.get(name);
  if (before !== undefined) return before;
  const composition = await runInWorker<CompositionOutcome>(input, timeoutMs, signal);
  compositions.set(name, composition);
  return composition;
}

export interface AdoptedSupergraph {
  readonly composition: Composition;
  /** Its subgraphs, as they were taken out of it. */
  readonly sources: readonly SubgraphSource[];
}

/** The limit of the time in which a supergraph is read. */
const adoptTimeoutMs = 120_000;

/**
 * Reads a supergraph that another registry has composed, in the worker.
 * @throws CompositionError with every problem found, or the signal's reason
 */
export async function adopt(
  external: ExternalSupergraph,
  signal?: AbortSignal,
  contracts: readonly ContractFilter[] = [],
): Promise<AdoptedSupergraph> {
  const input = { kind: 'supergraph', external, contracts } as const;
  const { sources, ...composition } = await runInWorker<AdoptionOutcome>(input, adoptTimeoutMs, signal);
  return { composition, sources };
}

type Succeeded<O extends Outcome> = Omit<Extract<O, { readonly kind: 'composed' }>, 'kind'>;

/**
 * Runs in a worker thread, whose heap is freed with it: once it has been idle for 10 s, or at once where it failed, was
 * late, or was aborted. A second composition within that time costs no loading of Apollo's composition (0.4 s of CPU). Memory
 * and time are bounded, so that a hostile schema causes an error and nothing else.
 */
async function runInWorker<O extends Outcome>(
  input: ComposeInput,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Succeeded<O>> {
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
  const worker = takeIdle() ?? (await startWorker(signal, refuse));
  let isReusable = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const outcome = Promise.withResolvers<O>();
  const onError = (error: Error): void => outcome.reject(refuse(`the composition worker failed: ${error.message}`));
  const onExit = (): void => outcome.reject(refuse('the composition worker ended without an answer'));
  worker.once('message', outcome.resolve).once('error', onError).once('exit', onExit);
  try {
    // Aborted while the worker was starting: the listener below would not be called.
    signal?.throwIfAborted();
    timer = setTimeout(() => outcome.reject(refuse(`composing took longer than ${timeoutMs} ms`)), timeoutMs);
    onAbort = () => outcome.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.postMessage(input);
    const composed = await outcome.promise;
    isReusable = true;
    if (composed.kind === 'failed') throw new CompositionError(composed.problems);
    const { kind: _kind, ...succeeded } = composed;
    return succeeded as Succeeded<O>;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    worker.off('message', outcome.resolve).off('error', onError).off('exit', onExit);
    if (isReusable && idle === undefined) stayIdle(worker);
    else await endWorker(worker);
  }
}

interface IdleWorker {
  readonly worker: Worker;
  readonly timer: NodeJS.Timeout;
}

let idle: IdleWorker | undefined;

function stayIdle(worker: Worker): void {
  worker.unref();
  // One that fails while it is idle is not used again.
  worker.on('error', forgetIdle).on('exit', forgetIdle);
  const timer = setTimeout(() => {
    forgetIdle();
    void endWorker(worker);
  }, idleMs).unref();
  idle = { worker, timer };
}

function forgetIdle(): void {
  clearTimeout(idle?.timer);
  idle = undefined;
}

function takeIdle(): Worker | undefined {
  const worker = idle?.worker;
  forgetIdle();
  worker?.off('error', forgetIdle).off('exit', forgetIdle).ref();
  return worker;
}

/** The delay before each further attempt to start a worker: a shortage of threads or memory is often brief. */
const startBackOffMs = [100, 400, 1_600];

async function startWorker(signal: AbortSignal | undefined, refuse: (message: string) => Error): Promise<Worker> {
  for (let failed = 0; ; failed++) {
    try {
      return new Worker(siblingModule(import.meta.url, 'compose-worker'), {
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
