/**
 * One planner process: the supergraphs it has loaded, the operation it plans, and its deadlines. It may fail to start
 * (no process or file descriptor is available), be stopped, be killed, or loop forever; `onEnd` is called once for each.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { siblingModule } from '../../lib/index.ts';
import { cpuTimeOf } from './cpu-time.ts';
import { putIdlePlanner, takeIdlePlanner } from './idle-planners.ts';
import type { PlannerReply, PlannerRequest } from './planner-messages.ts';

export interface PlannerProcessOptions {
  readonly maxHeapMb: number;
  readonly loadDeadlineMs: number;
  readonly onReply: (process: PlannerProcess, reply: PlannerReply) => void;
  /** Called once when the process has ended or failed to start. */
  readonly onEnd: (process: PlannerProcess, end: ProcessEnd) => void;
}

export interface ProcessEnd {
  /** `late`: its search used too much CPU time. `idle`: it used no CPU time for a while. */
  readonly why: 'late' | 'idle' | 'load deadline' | 'not started' | 'ended';
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** How often the CPU time of a planning process is checked. */
const checkIntervalMs = 500;
/** A search ends itself when its time is used; a process that uses so much more is in another loop. */
const cpuFactor = 1.5;
const cpuMarginMs = 500;
/** A process without progress for so long is stopped: one that only waits for a core gets some CPU time in it. */
const maxIdleMs = 15_000;
/** If CPU time cannot be read, wall-clock time is used with this factor. */
const wallFactor = 4;

export class PlannerProcess {
  readonly loaded = new Set<string>();
  readonly #loading = new Map<string, NodeJS.Timeout>();
  readonly #options: PlannerProcessOptions;
  readonly #child: ChildProcess | undefined;
  #watch: NodeJS.Timeout | undefined;
  #why: ProcessEnd['why'] = 'ended';
  /** How many loads it has not answered, also of supergraphs that have been unloaded since. */
  #unansweredLoads = 0;
  #ended = false;

  constructor(options: PlannerProcessOptions) {
    this.#options = options;
    try {
      this.#child = takeIdlePlanner(options.maxHeapMb) ?? forkPlanner(options.maxHeapMb);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      // Deferred, so that the caller of the constructor has the object when `onEnd` is called.
      process.nextTick(() => this.#end({ why: 'not started', code: null, signal: null, error: cause }));
      return;
    }
    const child = this.#child;
    child.on('message', (reply: PlannerReply) => this.#receive(reply));
    child.on('exit', (code, signal) => this.#end({ why: this.#why, code, signal }));
    child.on('error', (error) => {
      // A process that has started emits `exit` too, with more detail; one that has not does not.
      if (child.pid === undefined) this.#end({ why: 'not started', code: null, signal: null, error });
    });
  }

  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  load(request: Extract<PlannerRequest, { kind: 'load' }>): void {
    const timer = setTimeout(() => this.#kill('load deadline'), this.#options.loadDeadlineMs);
    this.#loading.set(request.supergraph, timer);
    this.#unansweredLoads++;
    this.#send(request);
  }

  unload(supergraph: string): void {
    this.#loadEnded(supergraph);
    this.loaded.delete(supergraph);
    this.#send({ kind: 'unload', supergraph });
  }

  plan(request: Extract<PlannerRequest, { kind: 'plan' }>): void {
    this.#send(request);
    const { cpuMs } = request.search;
    const startedAt = performance.now();
    const before = cpuTimeOf(this.pid);
    let latest = before;
    let usedAt = startedAt;
    this.#watch = setInterval(() => {
      const now = performance.now();
      const used = cpuTimeOf(this.pid);
      if (used !== latest) {
        latest = used;
        usedAt = now;
      }
      const isLate =
        used === undefined || before === undefined
          ? now - startedAt > cpuMs * wallFactor + cpuMarginMs
          : used - before > cpuMs * cpuFactor + cpuMarginMs;
      if (isLate) this.#kill('late');
      else if (now - usedAt > maxIdleMs) this.#kill('idle');
    }, checkIntervalMs);
    this.#watch.unref();
  }

  /** Stops watching: the operation has been planned or refused. */
  planned(): void {
    clearInterval(this.#watch);
  }

  /** Kills the process; resolves when it has exited. */
  async stop(): Promise<void> {
    for (const supergraph of this.#loading.keys()) this.#loadEnded(supergraph);
    clearInterval(this.#watch);
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  /** Leaves the process, which plans nothing, to the next pool; one that still loads is killed. Resolves when that is done. */
  async release(): Promise<void> {
    const child = this.#child;
    if (child?.connected !== true || this.#unansweredLoads > 0) return this.stop();
    for (const supergraph of this.loaded) this.unload(supergraph);
    this.#ended = true;
    putIdlePlanner(child, this.#options.maxHeapMb);
  }

  #receive(reply: PlannerReply): void {
    if (reply.kind === 'loaded' || reply.kind === 'load failed') {
      this.#unansweredLoads--;
      this.#loadEnded(reply.supergraph);
    }
    this.#options.onReply(this, reply);
  }

  /** Sends nothing if the channel is closed: the process is about to exit, or was never started. */
  #send(request: PlannerRequest): void {
    if (this.#child?.connected === true) this.#child.send(request, () => undefined);
  }

  #loadEnded(supergraph: string): void {
    clearTimeout(this.#loading.get(supergraph));
    this.#loading.delete(supergraph);
  }

  #kill(why: ProcessEnd['why']): void {
    this.#why = why;
    clearInterval(this.#watch);
    this.#child?.kill('SIGKILL');
  }

  #end(end: ProcessEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    // The channel of a process that failed to start would stay open otherwise.
    if (this.pid === undefined && this.#child?.connected === true) this.#child.disconnect();
    for (const supergraph of this.#loading.keys()) this.#loadEnded(supergraph);
    clearInterval(this.#watch);
    this.#options.onEnd(this, end);
  }
}

/** @throws Error where the system has no process for it */
function forkPlanner(maxHeapMb: number): ChildProcess {
  return fork(fileURLToPath(siblingModule(import.meta.url, 'planner-main')), {
    execArgv: [`--max-old-space-size=${maxHeapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
