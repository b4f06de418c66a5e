/**
 * Planner processes: the thread that serves never plans. A plan past its deadline, or one that ends its process, costs
 * that process and a coded error; the others and everything already planned go on. Processes outlive generations.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, GatewayError } from '../errors/index.ts';
import { siblingModule } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { ApolloPlannerOptions } from './apollo-planner.ts';
import type { OperationPlan } from './operation-plan.ts';
import type { PlannerReply, PlannerRequest, WhyRefused } from './planner-messages.ts';

export interface PlannerPoolOptions {
  readonly log: Logger;
  /** How many processes at most; the second starts when the first is busy. @default 2 */
  readonly maxProcesses?: number;
  /** How many operations may wait for a process; more are refused with OVERLOADED. @default 200 */
  readonly maxWaiting?: number;
  /** The heap of one process, in MB. @default 1_024 */
  readonly maxHeapMb?: number;
  /** How long a process may take to load what it was sent; one that takes longer is replaced. @default 30_000 */
  readonly loadDeadlineMs?: number;
  /** How long no process may hold a supergraph before its planner is unavailable. @default 10_000 */
  readonly unavailableAfterMs?: number;
}

/** Plans operations of one supergraph. */
export interface Planner {
  /** The labels of its progressive overrides. */
  readonly overrideLabels: readonly string[];
  /**
   * @param deadlineMs how long planning itself may take
   * @throws GatewayError `PLAN_DEADLINE_EXCEEDED`, `PLAN_UNSOUND` or `INTERNAL_SERVER_ERROR` (the same each time for
   *   the same operation), or `OVERLOADED`
   */
  plan(operation: string, activeLabels: readonly string[], deadlineMs: number): Promise<OperationPlan>;
  /** False where no process has been able to plan for a while: nothing that is not planned yet can be answered. */
  isAvailable(): boolean;
  /** Ends this load. The supergraph is unloaded when every load of it has been ended. */
  close(): void;
}

export interface PlannerPool {
  /**
   * Loads a supergraph, or counts one more load of it: two generations may be made of the same one.
   * @throws Error where the supergraph cannot be loaded, or is not within twice the deadline
   */
  load(supergraph: string, options: ApolloPlannerOptions): Promise<Planner>;
  close(): Promise<void>;
}

interface Task {
  readonly request: Extract<PlannerRequest, { kind: 'plan' }>;
  readonly deadlineMs: number;
  readonly resolve: (plan: OperationPlan) => void;
  readonly reject: (error: Error) => void;
  /** How many processes have ended by themselves, or by somebody else's hand, while planning it. */
  deaths: number;
}

/** A supergraph as long as anybody has it loaded. */
interface LoadedSupergraph {
  readonly options: ApolloPlannerOptions;
  readonly ready: PromiseWithResolvers<readonly string[]>;
  loads: number;
  /** When it was last seen loaded in a process; while it is, that is always. */
  lastAvailable: number;
}

interface PlannerProcess {
  readonly child: ChildProcess;
  readonly loaded: Set<string>;
  /** What it has been sent and has not answered, each with the timer that replaces the process. */
  readonly loading: Map<string, NodeJS.Timeout>;
  current: { readonly task: Task; readonly timer: NodeJS.Timeout; late: boolean } | undefined;
}

const codes = {
  limit: 'PLAN_DEADLINE_EXCEEDED',
  unsound: 'PLAN_UNSOUND',
  defect: 'INTERNAL_SERVER_ERROR',
} as const satisfies Record<WhyRefused, ErrorCode>;

function refusal(why: WhyRefused, detail: string): GatewayError {
  return new GatewayError(codes[why], { detail, cause: new Error(detail) });
}

const maxFailedStarts = 3;

export function createPlannerPool(options: PlannerPoolOptions): PlannerPool {
  const { log, maxProcesses = 2, maxWaiting = 200, maxHeapMb = 1_024 } = options;
  const { loadDeadlineMs = 30_000, unavailableAfterMs = 10_000 } = options;
  const supergraphs = new Map<string, LoadedSupergraph>();
  const processes = new Set<PlannerProcess>();
  const waiting: Task[] = [];
  let lastId = 0;
  let closed = false;
  /** Processes in a row that ended before they had loaded anything. */
  let failedStarts = 0;

  function start(): void {
    const child = fork(fileURLToPath(siblingModule(import.meta.url, 'planner-main')), {
      execArgv: [`--max-old-space-size=${maxHeapMb}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const planner: PlannerProcess = { child, loaded: new Set(), loading: new Map(), current: undefined };
    processes.add(planner);
    child.on('message', (reply: PlannerReply) => receive(planner, reply));
    child.on('error', (error) => log.error({ error }, 'a planner process failed'));
    child.on('exit', (code, signal) => ended(planner, code, signal));
    for (const [supergraph, { options }] of supergraphs) sendLoad(planner, supergraph, options);
  }

  /** A process may be stopped, or take for ever: it is killed then, and another takes its place. */
  function sendLoad(planner: PlannerProcess, supergraph: string, options: ApolloPlannerOptions): void {
    const timer = setTimeout(() => planner.child.kill('SIGKILL'), loadDeadlineMs);
    planner.loading.set(supergraph, timer);
    planner.child.send({ kind: 'load', supergraph, options } satisfies PlannerRequest);
  }

  function loadEnded(planner: PlannerProcess, supergraph: string): void {
    clearTimeout(planner.loading.get(supergraph));
    planner.loading.delete(supergraph);
  }

  function unload(supergraph: string): void {
    supergraphs.delete(supergraph);
    for (const planner of processes) {
      loadEnded(planner, supergraph);
      planner.loaded.delete(supergraph);
      if (planner.child.connected) planner.child.send({ kind: 'unload', supergraph } satisfies PlannerRequest);
    }
    for (const task of waiting.filter(({ request }) => request.supergraph === supergraph)) {
      waiting.splice(waiting.indexOf(task), 1);
      task.reject(new GatewayError('OVERLOADED', { detail: 'the supergraph of an operation is no longer loaded' }));
    }
  }

  function receive(planner: PlannerProcess, reply: PlannerReply): void {
    switch (reply.kind) {
      case 'loaded':
        loadEnded(planner, reply.supergraph);
        failedStarts = 0;
        // One that was unloaded meanwhile has been sent word, which the process reads next.
        if (!supergraphs.has(reply.supergraph)) break;
        planner.loaded.add(reply.supergraph);
        supergraphs.get(reply.supergraph)?.ready.resolve(reply.overrideLabels);
        break;
      case 'load failed':
        loadEnded(planner, reply.supergraph);
        supergraphs.get(reply.supergraph)?.ready.reject(new Error(reply.reason));
        break;
      default: {
        const { current } = planner;
        if (current?.task.request.id !== reply.id) break;
        clearTimeout(current.timer);
        planner.current = undefined;
        if (reply.kind === 'planned') current.task.resolve(reply.plan);
        else current.task.reject(refusal(reply.why, reply.reason));
      }
    }
    assign();
  }

  /**
   * A process ends by its deadline, by a crash, by somebody's hand, or with the pool. Only the first is certainly the
   * operation's doing; after any other, the operation is planned once more before anybody is refused.
   */
  function ended(planner: PlannerProcess, code: number | null, signal: NodeJS.Signals | null): void {
    processes.delete(planner);
    for (const supergraph of planner.loading.keys()) loadEnded(planner, supergraph);
    for (const supergraph of planner.loaded) {
      const held = supergraphs.get(supergraph);
      if (held !== undefined) held.lastAvailable = performance.now();
    }
    const { current } = planner;
    clearTimeout(current?.timer);
    if (closed) {
      current?.task.reject(new GatewayError('OVERLOADED', { detail: 'the gateway is stopping' }));
      return;
    }
    const late = current?.late === true;
    log.warn({ code, signal, late, processes: processes.size }, 'a planner process ended; starting another');
    if (current !== undefined) settle(current.task, late, signal);
    if (planner.loaded.size > 0 || ++failedStarts < maxFailedStarts) {
      start();
      return;
    }
    // None gets so far as to plan: starting more at once would go on for ever. The next to ask starts one again.
    failedStarts = 0;
    for (const { ready } of supergraphs.values()) ready.reject(new Error('planner processes end at their start'));
    for (const task of waiting.splice(0))
      task.reject(new GatewayError('OVERLOADED', { detail: 'no planner process starts' }));
  }

  function settle(task: Task, late: boolean, signal: NodeJS.Signals | null): void {
    if (late) {
      task.reject(
        new GatewayError('PLAN_DEADLINE_EXCEEDED', { detail: `planning took longer than ${task.deadlineMs} ms` }),
      );
    } else if (++task.deaths === 1) {
      waiting.unshift(task);
    } else {
      const killed = signal === 'SIGKILL' || signal === 'SIGTERM';
      const detail = 'planning ended its process twice';
      task.reject(new GatewayError(killed ? 'OVERLOADED' : 'PLAN_DEADLINE_EXCEEDED', { detail }));
    }
  }

  function assign(): void {
    for (const planner of processes) {
      if (planner.current !== undefined) continue;
      const index = waiting.findIndex((task) => planner.loaded.has(task.request.supergraph));
      const [task] = index === -1 ? [] : waiting.splice(index, 1);
      if (task === undefined) continue;
      const current = {
        task,
        late: false,
        timer: setTimeout(() => {
          current.late = true;
          planner.child.kill('SIGKILL');
        }, task.deadlineMs),
      };
      planner.current = current;
      planner.child.send(task.request);
    }
    if (waiting.length > 0 && processes.size < maxProcesses) start();
  }

  /** Whether a process holds it, or has only just stopped doing so. */
  function isAvailable(supergraph: string, held: LoadedSupergraph): boolean {
    const now = performance.now();
    if ([...processes].some(({ loaded }) => loaded.has(supergraph))) held.lastAvailable = now;
    return !closed && now - held.lastAvailable < unavailableAfterMs;
  }

  function begin(supergraph: string, options: ApolloPlannerOptions): LoadedSupergraph {
    const held = { options, ready: Promise.withResolvers<readonly string[]>(), loads: 0, lastAvailable: 0 };
    supergraphs.set(supergraph, held);
    if (processes.size === 0) start();
    else for (const planner of processes) sendLoad(planner, supergraph, options);
    const late = new Error(`no planner process loaded the supergraph within ${loadDeadlineMs * 2} ms`);
    const timer = setTimeout(() => held.ready.reject(late), loadDeadlineMs * 2);
    held.ready.promise.catch(() => undefined).finally(() => clearTimeout(timer));
    return held;
  }

  return {
    async load(supergraph, options) {
      const held = supergraphs.get(supergraph) ?? begin(supergraph, options);
      held.loads++;
      let ended = false;
      const close = (): void => {
        if (ended) return;
        ended = true;
        held.loads--;
        // Another may have been begun under this name since this one failed.
        if (held.loads === 0 && supergraphs.get(supergraph) === held) unload(supergraph);
      };
      try {
        const overrideLabels = await held.ready.promise;
        held.lastAvailable = performance.now();
        return {
          overrideLabels,
          plan: (operation, activeLabels, deadlineMs) =>
            new Promise((resolve, reject) => {
              if (waiting.length >= maxWaiting || closed || ended) {
                reject(new GatewayError('OVERLOADED', { detail: 'too many operations wait to be planned' }));
                return;
              }
              const request = { kind: 'plan', id: ++lastId, supergraph, operation, activeLabels } as const;
              waiting.push({ request, deadlineMs, resolve, reject, deaths: 0 });
              assign();
            }),
          isAvailable: () => isAvailable(supergraph, held),
          close,
        };
      } catch (error) {
        close();
        throw error;
      }
    },
    async close() {
      closed = true;
      for (const task of waiting.splice(0))
        task.reject(new GatewayError('OVERLOADED', { detail: 'the gateway is stopping' }));
      for (const { ready } of supergraphs.values()) ready.reject(new Error('the gateway is stopping'));
      await Promise.all(
        [...processes].map(({ child, loading }) => {
          for (const timer of loading.values()) clearTimeout(timer);
          if (child.exitCode !== null || child.signalCode !== null) return undefined;
          const exited = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGKILL');
          return exited;
        }),
      );
    },
  };
}
