/**
 * A pool of planner processes: the thread that serves requests never plans. A plan that takes too long, or ends its
 * process, causes an error with a code; other operations and existing plans are not affected. Processes outlive
 * generations.
 *
 * An operation first gets a brief search, so that none delays the others (plan-queue.ts); then a long wide search, for
 * the best plan; and if that takes too long, a narrow search, for a correct plan. If even that takes too long, the
 * operation is refused. Limits are CPU time of the planner, so a busy machine does not refuse operations.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { Logger, ThreadMetrics } from '../../observability/index.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';
import type { Planner } from '../plan/planner.ts';
import type { ApolloPlannerOptions } from './apollo-planner.ts';
import { PlanQueue } from './plan-queue.ts';
import type { PlannerReply, RefusalReason } from './planner-messages.ts';
import { PlannerProcess, type ProcessEnd } from './planner-process.ts';
import { nextStage, type Stage, searchOf } from './search-stages.ts';

export interface PlannerPoolOptions {
  readonly log: Logger;
  /** @default nothing is counted */
  readonly metrics?: ThreadMetrics | undefined;
  /** The maximum number of processes; the second starts when the first is busy. @default 2 */
  readonly maxProcesses?: number;
  /** How many operations may wait for a process; beyond, those of the client with most are refused with OVERLOADED. @default 200 */
  readonly maxWaiting?: number;
  /** The heap limit of one process, in MB. @default 1_024 */
  readonly maxHeapMb?: number;
  /** How long a process may take to load a supergraph; one that takes longer is replaced. @default 30_000 */
  readonly loadDeadlineMs?: number;
  /** How long a supergraph may be loaded in no process before its planner is unavailable. @default 10_000 */
  readonly unavailableAfterMs?: number;
  /** How long nothing is planned before the processes are stopped; the next operation starts one. @default 300_000 */
  readonly idleMs?: number;
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
  readonly supergraph: string;
  readonly operation: string;
  readonly activeLabels: readonly string[];
  readonly deadlineMs: number;
  readonly client: string;
  readonly isFamiliar: boolean;
  readonly resolve: (plan: OperationPlan) => void;
  readonly reject: (error: Error) => void;
  stage: Stage;
  readonly isLong: boolean;
  /** How many processes have crashed while planning it. */
  crashes: number;
  /** How many have been killed or stopped from outside. */
  kills: number;
}

/** A supergraph with its loads. */
interface LoadedSupergraph {
  readonly options: ApolloPlannerOptions;
  readonly ready: PromiseWithResolvers<readonly string[]>;
  loads: number;
  /** When it was last known to be loaded in a process. */
  lastAvailable: number;
}

const codes = {
  'too long': 'PLAN_DEADLINE_EXCEEDED',
  limit: 'PLAN_DEADLINE_EXCEEDED',
  unsound: 'PLAN_UNSOUND',
  'not loaded': 'OVERLOADED',
  defect: 'INTERNAL_SERVER_ERROR',
} as const satisfies Record<RefusalReason, ErrorCode>;

function refusal(why: RefusalReason, detail: string): GatewayError {
  return new GatewayError(codes[why], { detail, cause: new Error(detail) });
}

const overloaded = (detail: string): GatewayError => new GatewayError('OVERLOADED', { detail });

/** How many starts must fail in a row, and for how long, before waiting operations are refused. */
const maxFailedStarts = 3;
const maxFailingMs = 3_000;
const firstBackOffMs = 100;
const longestBackOffMs = 2_000;
/** How long one extra process is kept after one has ended: the same operation may end another. */
const spareForMs = 300_000;
const maxCrashes = 2;
const maxKills = 5;
/** Characters of an operation that are logged; its values are variables, and are not. */
const maxLoggedOperation = 2_000;
/** How many operations are known to have been planned before, at 32 bytes each. */
const maxFamiliar = 20_000;

export function createPlannerPool(options: PlannerPoolOptions): PlannerPool {
  const { log, metrics, maxProcesses = 2, maxWaiting = 200, maxHeapMb = 1_024 } = options;
  const { loadDeadlineMs = 30_000, unavailableAfterMs = 10_000, idleMs = 300_000 } = options;
  const supergraphs = new Map<string, LoadedSupergraph>();
  const processes = new Set<PlannerProcess>();
  const waiting = new PlanQueue<Task>();
  const running = new Map<PlannerProcess, { readonly id: number; readonly task: Task }>();
  const familiar = new LRUCache<string, true>({ max: maxFamiliar });
  let lastId = 0;
  let closed = false;
  /** Processes in a row that ended before they had loaded anything. */
  let failedStarts = 0;
  let failingSince = 0;
  let nextStart: NodeJS.Timeout | undefined;
  let spareUntil = 0;
  /** The processes have been stopped because nothing was planned; every supergraph has been loaded before. */
  let asleep = false;
  let sleepTimer: NodeJS.Timeout | undefined;

  metrics?.add((set) => {
    set('isthmus_planner_processes', processes.size);
    set('isthmus_planner_queue_length', waiting.size);
  });

  function start(): void {
    if (closed || nextStart !== undefined) return;
    const planner = new PlannerProcess({ maxHeapMb, loadDeadlineMs, onReply: receive, onEnd: ended });
    processes.add(planner);
    for (const [supergraph, { options }] of supergraphs) planner.load({ kind: 'load', supergraph, options });
  }

  /** Starts processes up to the target: one, or the maximum if operations wait, and a spare if processes have been ending. */
  function startMissing(): void {
    if (supergraphs.size === 0 || asleep) return;
    const needsSpare = performance.now() < spareUntil;
    const target = (waiting.size > 0 || needsSpare ? maxProcesses : 1) + (needsSpare ? 1 : 0);
    while (processes.size < target && nextStart === undefined && !closed) {
      // Processes start one at a time: two that start together only slow each other down.
      if ([...processes].some(({ loaded }) => loaded.size === 0)) return;
      start();
    }
  }

  function unload(supergraph: string): void {
    supergraphs.delete(supergraph);
    for (const planner of processes) planner.unload(supergraph);
    for (const task of waiting.remove((queued) => queued.supergraph === supergraph))
      task.reject(overloaded('the supergraph of an operation is no longer loaded'));
  }

  function receive(planner: PlannerProcess, reply: PlannerReply): void {
    switch (reply.kind) {
      case 'loaded':
        failedStarts = 0;
        // Unloaded meanwhile: the process receives the `unload` message next.
        if (!supergraphs.has(reply.supergraph)) break;
        planner.loaded.add(reply.supergraph);
        supergraphs.get(reply.supergraph)?.ready.resolve(reply.overrideLabels);
        break;
      case 'load failed':
        supergraphs.get(reply.supergraph)?.ready.reject(new Error(reply.reason));
        break;
      case 'planned':
      case 'refused': {
        const current = running.get(planner);
        if (current?.id !== reply.id) break;
        running.delete(planner);
        planner.planned();
        if (reply.kind === 'planned') {
          familiar.set(nameOf(current.task), true);
          current.task.resolve(reply.plan);
        } else if (reply.why === 'not loaded') loadAgain(planner, current.task);
        else refuse(current.task, reply.why, reply.reason);
        break;
      }
      default:
        unreachable(reply);
    }
    retireSpare();
    assign();
    sleepWhenIdle();
  }

  /** Starts the time until the processes are stopped, unless something is planned or loaded meanwhile. */
  function sleepWhenIdle(): void {
    clearTimeout(sleepTimer);
    if (running.size > 0 || waiting.size > 0 || closed) return;
    sleepTimer = setTimeout(() => {
      if ([...processes].some(({ isLoading }) => isLoading)) return sleepWhenIdle();
      asleep = true;
      log.debug({ processes: processes.size, idleMs }, 'nothing was planned for a while: planner processes stopped');
      for (const planner of processes) void planner.stop();
      processes.clear();
    }, idleMs).unref();
  }

  /** Processes may be started again; until one has loaded a supergraph, it counts as available for a while. */
  function wake(): void {
    if (!asleep) return;
    asleep = false;
    for (const entry of supergraphs.values()) entry.lastAvailable = performance.now();
  }

  /** Loads a supergraph again that the process should have had. */
  function loadAgain(planner: PlannerProcess, task: Task): void {
    const { supergraph } = task;
    planner.loaded.delete(supergraph);
    const entry = supergraphs.get(supergraph);
    if (entry === undefined || ++task.kills >= maxKills) {
      task.reject(refusal('not loaded', 'no planner process has the supergraph'));
      return;
    }
    planner.load({ kind: 'load', supergraph, options: entry.options });
    waiting.addFirst(task);
  }

  /** Stops the spare when no process has ended for a while. */
  function retireSpare(): void {
    if (processes.size <= maxProcesses || performance.now() < spareUntil) return;
    const idle = [...processes].find((planner) => !running.has(planner));
    if (idle === undefined) return;
    processes.delete(idle);
    void idle.stop();
  }

  function refuse(task: Task, why: RefusalReason, reason: string): void {
    const next = nextStage(task.stage);
    if (why === 'too long' && next !== undefined) {
      waiting.add({ ...task, stage: next, isLong: true });
      return;
    }
    log.warn(
      { code: codes[why], reason, operation: task.operation.slice(0, maxLoggedOperation) },
      'an operation has no plan',
    );
    task.reject(refusal(why, reason));
  }

  /**
   * A process ends by its deadline, by a crash, by a signal from outside, or with the pool. Only the first is certainly
   * caused by the operation; after any other, the operation is planned again before it is refused.
   */
  function ended(planner: PlannerProcess, end: ProcessEnd): void {
    if (!processes.delete(planner)) return;
    for (const supergraph of planner.loaded) {
      const entry = supergraphs.get(supergraph);
      if (entry !== undefined) entry.lastAvailable = performance.now();
    }
    const task = running.get(planner)?.task;
    running.delete(planner);
    if (closed) {
      task?.reject(overloaded('the gateway is stopping'));
      return;
    }
    log.warn({ ...end, processes: processes.size }, 'a planner process ended; starting another');
    metrics?.family('isthmus_planner_ends_total').of(end.why).add();
    if (task !== undefined) settle(task, end);
    if (end.why !== 'late') spareUntil = performance.now() + spareForMs;
    if (planner.loaded.size === 0) {
      if (failedStarts++ === 0) failingSince = performance.now();
      backOff();
      if (isFailing()) refuseWaiting();
    }
    startMissing();
    assign();
  }

  /** Delays the next start, exponentially with the failed starts. */
  function backOff(): void {
    if (nextStart !== undefined) return;
    const delayMs = Math.min(firstBackOffMs * 2 ** (failedStarts - 1), longestBackOffMs);
    nextStart = setTimeout(() => {
      nextStart = undefined;
      startMissing();
    }, delayMs);
  }

  /** Whether processes have failed to start for a while, and none can plan. */
  function isFailing(): boolean {
    if (failedStarts < maxFailedStarts || performance.now() - failingSince < maxFailingMs) return false;
    return [...processes].every(({ loaded }) => loaded.size === 0);
  }

  /** Refuses the waiting operations; processes are still started. */
  function refuseWaiting(): void {
    for (const { ready } of supergraphs.values()) ready.reject(new Error('planner processes end at their start'));
    for (const task of waiting.remove(() => true)) task.reject(overloaded('no planner process starts'));
  }

  function settle(task: Task, { why, signal }: ProcessEnd): void {
    if (why === 'late') {
      const detail = `planning took longer than ${task.deadlineMs} ms of CPU time`;
      if (task.stage === 'narrow') task.reject(new GatewayError('PLAN_DEADLINE_EXCEEDED', { detail }));
      else waiting.add({ ...task, stage: 'narrow', isLong: true });
      return;
    }
    const isKilled = why !== 'ended' || signal === 'SIGKILL' || signal === 'SIGTERM';
    if (isKilled) task.kills++;
    else task.crashes++;
    if (task.crashes < maxCrashes && task.kills < maxKills) waiting.addFirst(task);
    else if (isKilled) task.reject(overloaded('planner processes were ended while planning it'));
    else task.reject(new GatewayError('PLAN_DEADLINE_EXCEEDED', { detail: 'planning ended its process twice' }));
  }

  function assign(): void {
    for (const planner of processes) {
      if (running.has(planner)) continue;
      // Of several processes, one is reserved for operations that are planned quickly.
      const areLong = [...running.values()].filter(({ task }) => task.isLong).length;
      const mayBeLong = areLong < Math.max(1, maxProcesses - 1);
      const task = waiting.dequeue(
        ({ supergraph, isLong }) => planner.loaded.has(supergraph) && (mayBeLong || !isLong),
      );
      if (task === undefined) continue;
      const { supergraph, operation, activeLabels } = task;
      const id = ++lastId;
      running.set(planner, { id, task });
      planner.plan({
        kind: 'plan',
        id,
        supergraph,
        operation,
        activeLabels,
        search: searchOf(task.stage, task.deadlineMs),
      });
    }
    if (waiting.size === 0) return;
    wake();
    startMissing();
  }

  function enqueue(task: Task): void {
    if (isFailing()) {
      task.reject(overloaded('no planner process starts'));
      return;
    }
    clearTimeout(sleepTimer);
    waiting.add(task);
    if (waiting.size > maxWaiting)
      waiting.dropFromLongest()?.reject(overloaded('too many operations wait to be planned'));
    assign();
  }

  /** Whether a process has it loaded, or had until a moment ago. */
  function isAvailable(supergraph: string, entry: LoadedSupergraph): boolean {
    const now = performance.now();
    if (asleep || [...processes].some(({ loaded }) => loaded.has(supergraph))) entry.lastAvailable = now;
    return !closed && now - entry.lastAvailable < unavailableAfterMs;
  }

  function begin(supergraph: string, options: ApolloPlannerOptions): LoadedSupergraph {
    const entry = { options, ready: Promise.withResolvers<readonly string[]>(), loads: 0, lastAvailable: 0 };
    supergraphs.set(supergraph, entry);
    wake();
    for (const planner of processes) planner.load({ kind: 'load', supergraph, options });
    startMissing();
    const late = new Error(`no planner process loaded the supergraph within ${loadDeadlineMs * 2} ms`);
    const timer = setTimeout(() => entry.ready.reject(late), loadDeadlineMs * 2);
    entry.ready.promise.catch(() => undefined).finally(() => clearTimeout(timer));
    return entry;
  }

  return {
    async load(supergraph, options) {
      const entry = supergraphs.get(supergraph) ?? begin(supergraph, options);
      entry.loads++;
      let ended = false;
      const close = (): void => {
        if (ended) return;
        ended = true;
        entry.loads--;
        // The supergraph may have been loaded again under this name since this load failed.
        if (entry.loads === 0 && supergraphs.get(supergraph) === entry) unload(supergraph);
      };
      try {
        const overrideLabels = await entry.ready.promise;
        entry.lastAvailable = performance.now();
        return {
          overrideLabels,
          plan: (operation, activeLabels, deadlineMs, client = '') =>
            new Promise((resolve, reject) => {
              if (closed || ended) {
                reject(overloaded('the supergraph of an operation is no longer loaded'));
                return;
              }
              const request = { supergraph, operation, activeLabels, deadlineMs, client };
              const isFamiliar = familiar.has(nameOf(request));
              const state = { stage: 'brief', isLong: false, crashes: 0, kills: 0 } as const;
              enqueue({ ...request, ...state, isFamiliar, resolve, reject });
            }),
          isAvailable: () => isAvailable(supergraph, entry),
          close,
        };
      } catch (error) {
        close();
        throw error;
      }
    },
    async close() {
      closed = true;
      clearTimeout(nextStart);
      clearTimeout(sleepTimer);
      for (const task of waiting.remove(() => true)) task.reject(overloaded('the gateway is stopping'));
      for (const { ready } of supergraphs.values()) ready.reject(new Error('the gateway is stopping'));
      const all = [...processes];
      // Those that are released are another pool's.
      for (const planner of all) if (!running.has(planner)) processes.delete(planner);
      await Promise.all(all.map((planner) => (running.has(planner) ? planner.stop() : planner.release())));
    },
  };
}

/** A hash of the operation alone: it is familiar under another supergraph too, as clients keep sending it. */
function nameOf({ operation }: { readonly operation: string }): string {
  return createHash('sha256').update(operation).digest('latin1');
}
