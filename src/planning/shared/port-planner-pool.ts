/** The planners of another thread (serve-planners.ts), for a thread that has none itself. */
import type { MessagePort } from 'node:worker_threads';
import { GatewayError } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import { createPortCaller, type PortCaller } from '../../threads/index.ts';
import type { PlannerPool } from '../apollo/planner-pool.ts';
import type { Planner } from '../plan/planner.ts';
import type { PlannerAnswer, PlannerCall } from './planner-calls.ts';

/** The maximum age of the result of `isAvailable`: health checks read it, and each of them renews it. */
const availableForMs = 500;

export function createPortPlannerPool(port: MessagePort): PlannerPool {
  const caller = createPortCaller<PlannerCall, PlannerAnswer>(port);
  let lastLoad = 0;
  return {
    async load(supergraph, options) {
      const load = ++lastLoad;
      const answer = await caller.call({ kind: 'load', load, supergraph, options });
      if (answer.kind === 'load failed') throw new Error(answer.reason);
      invariant(answer.kind === 'loaded', 'a load is answered as one');
      return plannerOf(caller, load, answer.overrideLabels);
    },
    async close() {
      caller.close();
    },
  };
}

function plannerOf(
  caller: PortCaller<PlannerCall, PlannerAnswer>,
  load: number,
  overrideLabels: readonly string[],
): Planner {
  let isAvailable = true;
  let renewedAt = performance.now();
  const renew = async (): Promise<void> => {
    renewedAt = performance.now();
    try {
      const answer = await caller.call({ kind: 'available', load });
      isAvailable = answer.kind === 'available' && answer.isAvailable;
    } catch {
      isAvailable = false;
    }
  };
  return {
    overrideLabels,
    async plan(operation, activeLabels, deadlineMs, client) {
      const call = { kind: 'plan', load, operation, activeLabels, deadlineMs, client } as const;
      const answer = await caller.call(call).catch(asOverloaded);
      if (answer.kind === 'planned') return answer.plan;
      invariant(answer.kind === 'refused', 'an operation is planned or refused');
      const { code, detail } = answer;
      throw new GatewayError(code, detail === undefined ? {} : { detail, cause: new Error(detail) });
    },
    isAvailable() {
      if (performance.now() - renewedAt > availableForMs) void renew();
      return isAvailable;
    },
    close: () => void caller.call({ kind: 'close', load }).catch(() => undefined),
  };
}

/** The thread with the planners is ending, and this one with it. */
function asOverloaded(cause: unknown): never {
  throw new GatewayError('OVERLOADED', { detail: 'the planners have ended', cause });
}
