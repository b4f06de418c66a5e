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
  close(): void;
}

export interface PlannerPool {
  /** @throws Error where the supergraph cannot be loaded */
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

interface PlannerProcess {
  readonly child: ChildProcess;
  readonly loaded: Set<string>;
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
  const supergraphs = new Map<string, ApolloPlannerOptions>();
  const loading = new Map<string, PromiseWithResolvers<readonly string[]>>();
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
    const planner: PlannerProcess = { child, loaded: new Set(), current: undefined };
    processes.add(planner);
    child.on('message', (reply: PlannerReply) => receive(planner, reply));
    child.on('error', (error) => log.error({ error }, 'a planner process failed'));
    child.on('exit', (code, signal) => ended(planner, code, signal));
    for (const [supergraph, options] of supergraphs)
      child.send({ kind: 'load', supergraph, options } satisfies PlannerRequest);
  }

  function receive(planner: PlannerProcess, reply: PlannerReply): void {
    switch (reply.kind) {
      case 'loaded':
        planner.loaded.add(reply.supergraph);
        failedStarts = 0;
        loading.get(reply.supergraph)?.resolve(reply.overrideLabels);
        break;
      case 'load failed':
        loading.get(reply.supergraph)?.reject(new Error(reply.reason));
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
    for (const { reject } of loading.values()) reject(new Error('planner processes end at their start'));
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

  return {
    async load(supergraph, options) {
      const ready = Promise.withResolvers<readonly string[]>();
      supergraphs.set(supergraph, options);
      loading.set(supergraph, ready);
      try {
        if (processes.size === 0) start();
        else
          for (const { child } of processes) child.send({ kind: 'load', supergraph, options } satisfies PlannerRequest);
        const overrideLabels = await ready.promise;
        return {
          overrideLabels,
          plan: (operation, activeLabels, deadlineMs) =>
            new Promise((resolve, reject) => {
              if (waiting.length >= maxWaiting || closed) {
                reject(new GatewayError('OVERLOADED', { detail: 'too many operations wait to be planned' }));
                return;
              }
              const request = { kind: 'plan', id: ++lastId, supergraph, operation, activeLabels } as const;
              waiting.push({ request, deadlineMs, resolve, reject, deaths: 0 });
              assign();
            }),
          close() {
            supergraphs.delete(supergraph);
            for (const { child } of processes)
              if (child.connected) child.send({ kind: 'unload', supergraph } satisfies PlannerRequest);
          },
        };
      } catch (error) {
        supergraphs.delete(supergraph);
        throw error;
      } finally {
        loading.delete(supergraph);
      }
    },
    async close() {
      closed = true;
      for (const task of waiting.splice(0))
        task.reject(new GatewayError('OVERLOADED', { detail: 'the gateway is stopping' }));
      await Promise.all(
        [...processes].map(({ child }) => {
          if (child.exitCode !== null || child.signalCode !== null) return undefined;
          const exited = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGKILL');
          return exited;
        }),
      );
    },
  };
}
