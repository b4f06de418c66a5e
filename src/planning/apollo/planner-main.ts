/** A planner process: it loads supergraphs and plans one operation after another. */
import { flushCompileCache } from 'node:module';
import { messageOf } from '../../errors/index.ts';
import { PlanningLimit } from '../plan/planning-limit.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';
import { createApolloPlanner, type SupergraphPlanner } from './apollo-planner.ts';
import type { PlannerReply, PlannerRequest, RefusalReason } from './planner-messages.ts';
import { PlanningTooLong } from './search-bounds.ts';

const planners = new Map<string, SupergraphPlanner>();

function answer(request: PlannerRequest): PlannerReply | undefined {
  switch (request.kind) {
    case 'load':
      try {
        const planner = createApolloPlanner(request.options);
        planners.set(request.supergraph, planner);
        return { kind: 'loaded', supergraph: request.supergraph, overrideLabels: planner.overrideLabels };
      } catch (error) {
        return { kind: 'load failed', supergraph: request.supergraph, reason: messageOf(error) };
      }
    case 'unload':
      planners.delete(request.supergraph);
      return undefined;
    case 'plan': {
      const { id, operation, activeLabels, search } = request;
      const planner = planners.get(request.supergraph);
      if (planner === undefined)
        return { kind: 'refused', id, why: 'not loaded', reason: 'the supergraph is not loaded' };
      try {
        return { kind: 'planned', id, plan: planner.plan(operation, activeLabels, search) };
      } catch (error) {
        return { kind: 'refused', id, why: refusalReasonOf(error), reason: messageOf(error) };
      }
    }
  }
}

function refusalReasonOf(error: unknown): RefusalReason {
  if (error instanceof PlanningTooLong) return 'too long';
  if (error instanceof PlanningLimit) return 'limit';
  return error instanceof UnsoundPlan ? 'unsound' : 'defect';
}

process.on('message', (request: PlannerRequest) => {
  const reply = answer(request);
  if (reply !== undefined) process.send?.(reply);
});
// Node writes its compile cache, if there is one, when a process exits; planners are killed, so they write it earlier.
process.once('message', () => setImmediate(flushCompileCache));
// The gateway ends its planners; a planner that lost its gateway exits. Ctrl-C in a terminal is sent to both, and ignored here.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
