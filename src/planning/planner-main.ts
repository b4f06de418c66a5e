/** A planner process: holds the planners of the supergraphs it was given, and plans one operation after another. */
import { messageOf } from '../errors/index.ts';
import { createApolloPlanner, type SupergraphPlanner } from './apollo-planner.ts';
import type { PlannerReply, PlannerRequest, WhyRefused } from './planner-messages.ts';
import { UnsoundPlan } from './unsound-plan.ts';

/** What Apollo's planner says when it stops: plain errors without a code. */
const planningLimits = /exceed(s|ed|ing)? .*(limit|maximum)|too (complex|many)|maximum call stack/i;

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
      const { id } = request;
      try {
        const planner = planners.get(request.supergraph);
        if (planner === undefined) throw new Error('the supergraph is not loaded');
        return { kind: 'planned', id, plan: planner.plan(request.operation, request.activeLabels) };
      } catch (error) {
        const reason = messageOf(error);
        return { kind: 'refused', id, why: whyRefused(error, reason), reason };
      }
    }
  }
}

function whyRefused(error: unknown, reason: string): WhyRefused {
  if (error instanceof UnsoundPlan) return 'unsound';
  return planningLimits.test(reason) ? 'limit' : 'defect';
}

process.on('message', (request: PlannerRequest) => {
  const reply = answer(request);
  if (reply !== undefined) process.send?.(reply);
});
// The gateway ends its planners; one that lost its gateway ends itself. A terminal's Ctrl-C reaches both.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
