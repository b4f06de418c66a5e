/** Answers the planner calls of another thread. What it has loaded is unloaded when the thread ends. */
import type { MessagePort } from 'node:worker_threads';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import { answerPortCalls } from '../../threads/index.ts';
import type { PlannerPool } from '../apollo/planner-pool.ts';
import type { Planner } from '../plan/planner.ts';
import type { PlannerAnswer, PlannerCall } from './planner-calls.ts';

export function servePlanners(pool: PlannerPool, port: MessagePort): void {
  const loads = new Map<number, Planner>();
  let isClosed = false;

  async function load({ load, supergraph, options }: Extract<PlannerCall, { kind: 'load' }>): Promise<PlannerAnswer> {
    try {
      const planner = await pool.load(supergraph, options);
      if (isClosed) planner.close();
      else loads.set(load, planner);
      return { kind: 'loaded', overrideLabels: planner.overrideLabels };
    } catch (error) {
      return { kind: 'load failed', reason: messageOf(error) };
    }
  }

  async function plan(call: Extract<PlannerCall, { kind: 'plan' }>): Promise<PlannerAnswer> {
    const planner = loads.get(call.load);
    if (planner === undefined) return { kind: 'refused', code: 'OVERLOADED', detail: 'the supergraph is not loaded' };
    try {
      return {
        kind: 'planned',
        plan: await planner.plan(call.operation, call.activeLabels, call.deadlineMs, call.client),
      };
    } catch (error) {
      if (error instanceof GatewayError) return { kind: 'refused', code: error.code, detail: error.detail };
      return { kind: 'refused', code: 'INTERNAL_SERVER_ERROR', detail: messageOf(error) };
    }
  }

  answerPortCalls<PlannerCall, PlannerAnswer>(port, (call) => {
    switch (call.kind) {
      case 'load':
        return load(call);
      case 'plan':
        return plan(call);
      case 'available':
        return { kind: 'available', isAvailable: loads.get(call.load)?.isAvailable() ?? false };
      case 'close':
        loads.get(call.load)?.close();
        loads.delete(call.load);
        return { kind: 'closed' };
      default:
        return unreachable(call);
    }
  });
  port.on('close', () => {
    isClosed = true;
    for (const planner of loads.values()) planner.close();
    loads.clear();
  });
}
