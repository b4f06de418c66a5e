/**
 * Planner processes: the thread that serves never plans. A plan that takes too long, or ends its process, costs a coded
 * error; the others and everything already planned go on. Processes outlive generations.
 *
 * An operation is looked at briefly first, so that none holds up the others (plan-queue.ts); then widely, for the best
 * plan there is; and where that takes too long, narrowly, for a plan that is right. It is refused where even that takes
 * too long. What counts is CPU time of the planner: a busy machine refuses nothing.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';
import type { ApolloPlannerOptions } from './apollo-planner.ts';
import { PlanQueue } from './plan-queue.ts';
import type { PlannerReply, WhyRefused } from './planner-messages.ts';
import { PlannerProcess, type ProcessEnd } from './planner-process.ts';
import type { Search } from './search-bounds.ts';

export interface PlannerPoolOptions {
  readonly log: Logger;
  /** How many processes at most; the second starts when the first is busy. @default 2 */
  readonly maxProcesses?: number;
  /** How many operations may wait for a process; beyond, the greediest client’s are refused with OVERLOADED. @default 200 */
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
   * @param deadlineMs how much CPU time planning may take
   * @param client who asks: clients take turns. @default '' everyone who is not named
   * @throws GatewayError `PLAN_DEADLINE_EXCEEDED`, `PLAN_UNSOUND` or `INTERNAL_SERVER_ERROR` (the same each time for
   *   the same operation), or `OVERLOADED`
   */
  plan(operation: string, activeLabels: readonly string[], deadlineMs: number, client?: string): Promise<OperationPlan>;
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

type Stage = 'brief' | 'wide' | 'narrow';

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
  /** How many processes have ended by themselves while planning it. */
  crashes: number;
  /** How many have been killed by somebody’s hand, or stopped. */
  kills: number;
}

/** A supergraph as long as anybody has it loaded. */
interface LoadedSupergraph {
  readonly options: ApolloPlannerOptions;
  readonly ready: PromiseWithResolvers<readonly string[]>;
  loads: number;
  /** When it was last seen loaded in a process; while it is, that is always. */
  lastAvailable: number;
}

const codes = {
  'too long': 'PLAN_DEADLINE_EXCEEDED',
  limit: 'PLAN_DEADLINE_EXCEEDED',
  unsound: 'PLAN_UNSOUND',
  'not loaded': 'OVERLOADED',
  defect: 'INTERNAL_SERVER_ERROR',
} as const satisfies Record<WhyRefused, ErrorCode>;

function refusal(why: WhyRefused, detail: string): GatewayError {
  return new GatewayError(codes[why], { detail, cause: new Error(detail) });
}

const overloaded = (detail: string): GatewayError => new GatewayError('OVERLOADED', { detail });

/** Nearly every operation is planned in this time; the others let them pass. */
const briefMs = 250;
/** Starts that fail in a row, and for how long, before who waits is told. */
const maxFailedStarts = 3;
const maxFailingMs = 3_000;
const firstBackOffMs = 100;
const longestBackOffMs = 2_000;
/** For how long one process more than usual is ready, after one has ended: who ends one may end the next. */
const spareForMs = 300_000;
const maxCrashes = 2;
const maxKills = 5;
/** Characters of an operation that are logged; its values are variables, and are not. */
const maxLoggedOperation = 2_000;
/** How many operations are remembered to have been planned, as 32 bytes each. */
const maxFamiliar = 20_000;

export function createPlannerPool(options: PlannerPoolOptions): PlannerPool {
  const { log, maxProcesses = 2, maxWaiting = 200, maxHeapMb = 1_024 } = options;
  const { loadDeadlineMs = 30_000, unavailableAfterMs = 10_000 } = options;
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

  function start(): void {
    if (closed || nextStart !== undefined) return;
    const planner = new PlannerProcess({ maxHeapMb, loadDeadlineMs, onReply: receive, onEnd: ended });
    processes.add(planner);
    for (const [supergraph, { options }] of supergraphs) planner.load({ kind: 'load', supergraph, options });
  }

  /** As many as are wanted: one, one more where operations wait, and a spare where processes have been ending. */
  function startWanted(): void {
    if (supergraphs.size === 0) return;
    const isSpareWanted = performance.now() < spareUntil;
    const wanted = (waiting.size > 0 || isSpareWanted ? maxProcesses : 1) + (isSpareWanted ? 1 : 0);
    while (processes.size < wanted && nextStart === undefined && !closed) {
      // One that is starting will plan too; a second that starts beside it only takes its time.
      if ([...processes].some((one) => one.loaded.size === 0)) return;
      start();
    }
  }

  function unload(supergraph: string): void {
    supergraphs.delete(supergraph);
    for (const planner of processes) planner.unload(supergraph);
    for (const task of waiting.remove((one) => one.supergraph === supergraph))
      task.reject(overloaded('the supergraph of an operation is no longer loaded'));
  }

  function receive(planner: PlannerProcess, reply: PlannerReply): void {
    switch (reply.kind) {
      case 'loaded':
        failedStarts = 0;
        // One that was unloaded meanwhile has been sent word, which the process reads next.
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
  }

  /** A process that does not have what it said to have loaded. */
  function loadAgain(planner: PlannerProcess, task: Task): void {
    const { supergraph } = task;
    planner.loaded.delete(supergraph);
    const held = supergraphs.get(supergraph);
    if (held === undefined || ++task.kills >= maxKills) {
      task.reject(refusal('not loaded', 'no planner process has the supergraph'));
      return;
    }
    planner.load({ kind: 'load', supergraph, options: held.options });
    waiting.addFirst(task);
  }

  /** The spare goes when processes have not been ending for a while. */
  function retireSpare(): void {
    if (processes.size <= maxProcesses || performance.now() < spareUntil) return;
    const idle = [...processes].find((planner) => !running.has(planner));
    if (idle === undefined) return;
    processes.delete(idle);
    void idle.stop();
  }

  function refuse(task: Task, why: WhyRefused, reason: string): void {
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
   * A process ends by its deadline, by a crash, by somebody’s hand, or with the pool. Only the first is certainly the
   * operation’s doing; after any other, the operation is planned again before anybody is refused.
   */
  function ended(planner: PlannerProcess, end: ProcessEnd): void {
    if (!processes.delete(planner)) return;
    for (const supergraph of planner.loaded) {
      const held = supergraphs.get(supergraph);
      if (held !== undefined) held.lastAvailable = performance.now();
    }
    const task = running.get(planner)?.task;
    running.delete(planner);
    if (closed) {
      task?.reject(overloaded('the gateway is stopping'));
      return;
    }
    log.warn({ ...end, processes: processes.size }, 'a planner process ended; starting another');
    if (task !== undefined) settle(task, end);
    if (end.why !== 'late') spareUntil = performance.now() + spareForMs;
    if (planner.loaded.size === 0) {
      if (failedStarts++ === 0) failingSince = performance.now();
      backOff();
      if (isFailing()) tellWaiting();
    }
    startWanted();
    assign();
  }

  /** Starts nothing until a while has passed, the longer the more often it has failed. */
  function backOff(): void {
    if (nextStart !== undefined) return;
    const delayMs = Math.min(firstBackOffMs * 2 ** (failedStarts - 1), longestBackOffMs);
    nextStart = setTimeout(() => {
      nextStart = undefined;
      startWanted();
    }, delayMs);
  }

  /** None gets so far as to plan, and it is not for a moment. */
  function isFailing(): boolean {
    if (failedStarts < maxFailedStarts || performance.now() - failingSince < maxFailingMs) return false;
    return [...processes].every(({ loaded }) => loaded.size === 0);
  }

  /** Starts go on; who waits need not. */
  function tellWaiting(): void {
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
      // Of several processes, one is always there for what is planned quickly.
      const areLong = [...running.values()].filter(({ task }) => task.isLong).length;
      const mayBeLong = areLong < Math.max(1, maxProcesses - 1);
      const task = waiting.take((one) => planner.loaded.has(one.supergraph) && (mayBeLong || !one.isLong));
      if (task === undefined) continue;
      const { supergraph, operation, activeLabels } = task;
      const id = ++lastId;
      running.set(planner, { id, task });
      planner.plan({ kind: 'plan', id, supergraph, operation, activeLabels, search: searchOf(task) });
    }
    if (waiting.size > 0) startWanted();
  }

  function enqueue(task: Task): void {
    if (isFailing()) {
      task.reject(overloaded('no planner process starts'));
      return;
    }
    waiting.add(task);
    if (waiting.size > maxWaiting)
      waiting.dropFromLongest()?.reject(overloaded('too many operations wait to be planned'));
    assign();
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
    for (const planner of processes) planner.load({ kind: 'load', supergraph, options });
    startWanted();
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
          plan: (operation, activeLabels, deadlineMs, client = '') =>
            new Promise((resolve, reject) => {
              if (closed || ended) {
                reject(overloaded('the supergraph of an operation is no longer loaded'));
                return;
              }
              const asked = { supergraph, operation, activeLabels, deadlineMs, client };
              const isFamiliar = familiar.has(nameOf(asked));
              const begun = { stage: 'brief', isLong: false, crashes: 0, kills: 0 } as const;
              enqueue({ ...asked, ...begun, isFamiliar, resolve, reject });
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
      clearTimeout(nextStart);
      for (const task of waiting.remove(() => true)) task.reject(overloaded('the gateway is stopping'));
      for (const { ready } of supergraphs.values()) ready.reject(new Error('the gateway is stopping'));
      await Promise.all([...processes].map((planner) => planner.stop()));
    },
  };
}

/** The same operation under another supergraph is as familiar: it is what clients ask. */
function nameOf({ operation }: { readonly operation: string }): string {
  return createHash('sha256').update(operation).digest('latin1');
}

function searchOf({ stage, deadlineMs }: Task): Search {
  switch (stage) {
    case 'brief':
      return { width: 'wide', cpuMs: Math.min(briefMs, deadlineMs / 2) };
    case 'wide':
      return { width: 'wide', cpuMs: deadlineMs / 2 };
    case 'narrow':
      return { width: 'narrow', cpuMs: deadlineMs / 2 };
    default:
      return unreachable(stage);
  }
}

function nextStage(stage: Stage): Stage | undefined {
  switch (stage) {
    case 'brief':
      return 'wide';
    case 'wide':
      return 'narrow';
    case 'narrow':
      return undefined;
    default:
      return unreachable(stage);
  }
}
