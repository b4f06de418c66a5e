import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../errors/index.ts';
import { siblingModule, stableHash } from '../lib/index.ts';
import type { Composition, CompositionOutcome, SubgraphSource } from './composition.ts';
import { CompositionError } from './composition.ts';
import type { ContractFilter } from './contracts/compose-contracts.ts';
import type { AdoptionOutcome, ExternalSupergraph } from './external/adopt-supergraph.ts';

/** How long to wait for a killed process to end. */
const endTimeoutMs = 2_000;

/** How long a process waits for another composition: an edit is often followed by the next. */
const idleMs = 10_000;

/** What the process is given: subgraphs to compose, or a supergraph that another registry has composed. */
export type ComposeInput = { readonly contracts: readonly ContractFilter[] } & (
  | { readonly kind: 'subgraphs'; readonly sources: readonly SubgraphSource[] }
  | { readonly kind: 'supergraph'; readonly external: ExternalSupergraph }
);

type Outcome = CompositionOutcome | AdoptionOutcome;

/** What it answers. `defect`: composition threw what is not a problem of the schemas. */
export type ComposeReply = Outcome | { readonly kind: 'defect'; readonly message: string };

/**
 * The newest compositions, by what they were made of. A registry composes what its own gateway serves next, and a graph goes
 * back to what it has served before: neither composes it again, nor starts a process.
 */
const compositions = new LRUCache<string, Composition>({
  max: 4,
  maxSize: 16_000_000,
  sizeCalculation: ({ supergraphSdl, apiSdl }) => supergraphSdl.length + apiSdl.length,
});

/**
 * Composes subgraphs, in a process of its own, or takes what was composed of them lately.
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
  const composition = await runInProcess<CompositionOutcome>(input, timeoutMs, signal);
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
 * Reads a supergraph that another registry has composed, in that process.
 * @throws CompositionError with every problem found, or the signal's reason
 */
export async function adopt(
  external: ExternalSupergraph,
  signal?: AbortSignal,
  contracts: readonly ContractFilter[] = [],
): Promise<AdoptedSupergraph> {
  const input = { kind: 'supergraph', external, contracts } as const;
  const { sources, ...composition } = await runInProcess<AdoptionOutcome>(input, adoptTimeoutMs, signal);
  return { composition, sources };
}

type Succeeded<O extends Outcome> = Omit<Extract<O, { readonly kind: 'composed' }>, 'kind'>;

/**
 * Runs in a process, whose memory is free with its end: once it has been idle for 10 s, or at once where it failed, was late, or
 * was aborted. (Of a thread, V8 keeps the heap for threads that start later: 45 MB.) A second composition within that time costs no
 * loading of Apollo's composition (0.4 s of CPU). Memory and time are bounded, so that a hostile schema causes an error and
 * nothing else.
 */
async function runInProcess<O extends Outcome>(
  input: ComposeInput,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Succeeded<O>> {
  signal?.throwIfAborted();
  const child = takeIdle() ?? (await startProcess(signal));
  let isReusable = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const reply = Promise.withResolvers<O | Extract<ComposeReply, { kind: 'defect' }>>();
  const onError = (error: Error): void => reply.reject(refusal(`the composition process failed: ${error.message}`));
  const onExit = (code: number | null, killed: string | null): void =>
    reply.reject(refusal(`the composition process ended without an answer (${killed ?? `exit code ${code}`})`));
  child.once('message', reply.resolve).once('error', onError).once('exit', onExit);
  try {
    // Aborted while the process was starting: the listener below would not be called.
    signal?.throwIfAborted();
    timer = setTimeout(() => reply.reject(refusal(`composing took longer than ${timeoutMs} ms`)), timeoutMs);
    onAbort = () => reply.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    // It may have ended meanwhile, which `exit` tells.
    child.send(input, () => undefined);
    const composed = await reply.promise;
    if (composed.kind === 'defect') throw refusal(`the composition process failed: ${composed.message}`);
    isReusable = true;
    if (composed.kind === 'failed') throw new CompositionError(composed.problems);
    const { kind: _kind, ...succeeded } = composed;
    return succeeded as Succeeded<O>;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    child.off('message', reply.resolve).off('error', onError).off('exit', onExit);
    if (isReusable && idle === undefined) stayIdle(child);
    else await endProcess(child);
  }
}

function refusal(message: string): CompositionError {
  return new CompositionError([
    {
      severity: 'error',
      code: 'COMPOSITION_FAILED',
      message,
      places: [],
      suggestedFix: 'make the schemas smaller or simpler',
    },
  ]);
}

interface IdleProcess {
  readonly child: ChildProcess;
  readonly timer: NodeJS.Timeout;
}

let idle: IdleProcess | undefined;

function stayIdle(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  // One that fails while it is idle is not used again.
  child.on('error', forgetIdle).on('exit', forgetIdle);
  const timer = setTimeout(() => {
    forgetIdle();
    void endProcess(child);
  }, idleMs).unref();
  idle = { child, timer };
}

function forgetIdle(): void {
  clearTimeout(idle?.timer);
  idle = undefined;
}

function takeIdle(): ChildProcess | undefined {
  const child = idle?.child;
  forgetIdle();
  child?.off('error', forgetIdle).off('exit', forgetIdle).ref();
  child?.channel?.ref();
  return child;
}

/** The delay before each further attempt to start a process: a shortage of processes or memory is often brief. */
const startBackOffMs = [100, 400, 1_600];

async function startProcess(signal: AbortSignal | undefined): Promise<ChildProcess> {
  for (let failed = 0; ; failed++) {
    try {
      return await spawned();
    } catch (error) {
      const waitMs = startBackOffMs[failed];
      if (waitMs === undefined) throw refusal(`the composition process cannot start: ${messageOf(error)}`);
      await wait(waitMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function spawned(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(siblingModule(import.meta.url, 'compose-main')), {
    execArgv: ['--max-old-space-size=2048'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    // The channel of a process that failed to start would stay open.
    if (child.connected) child.disconnect();
    throw error;
  }
  if (running.size === 0) process.on('exit', killRunning);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killRunning);
  });
  // One that cannot be killed, or sent to.
  child.on('error', () => undefined);
  return child;
}

const running = new Set<ChildProcess>();

/** One that composes for long does not see that its gateway has gone. */
function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
}

async function endProcess(child: ChildProcess): Promise<void> {
  child.unref();
  child.channel?.unref();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await Promise.race([exited, wait(endTimeoutMs, undefined, { ref: false })]);
}
