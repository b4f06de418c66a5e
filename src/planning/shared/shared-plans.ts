/**
 * A planner pool whose plans are shared by several threads: an operation is planned once for all of them, and its plan is
 * cached, bounded by memory. Refusals are not cached here: each thread caches its own.
 */
import { type CacheGroup, SingleFlight } from '../../lib/index.ts';
import type { PlannerPool } from '../apollo/planner-pool.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';

/** The memory of a plan's objects per character of its JSON. */
const bytesPerPlanCharacter = 4;

export function createSharedPlans(pool: PlannerPool, caches: CacheGroup): PlannerPool {
  const plans = caches.cache<OperationPlan>();
  const inFlight = new SingleFlight<OperationPlan>();
  return {
    async load(supergraph, options) {
      const planner = await pool.load(supergraph, options);
      return {
        overrideLabels: planner.overrideLabels,
        async plan(operation, activeLabels, deadlineMs, client) {
          const key = `${supergraph}\n${activeLabels.join(',')}\n${operation}`;
          const cached = plans.get(key);
          if (cached !== undefined) return cached;
          return inFlight.run(key, async () => {
            const plan = await planner.plan(operation, activeLabels, deadlineMs, client);
            plans.set(key, plan, JSON.stringify(plan).length * bytesPerPlanCharacter);
            return plan;
          });
        },
        isAvailable: () => planner.isAvailable(),
        close: () => planner.close(),
      };
    },
    close: () => pool.close(),
  };
}
