/**
 * The search among the plans of an operation, in place of the planner's own (`generateAllPlansAndFindBest`) where there
 * are many: choice after choice, each way of each of the best plans begun so far is weighed, and the best few of those
 * are followed. The planner's own weighs every combination of all choices, 8,192 for thirteen fields.
 */
import { searchBounds, step } from './search-bounds.ts';

/** The planner's own parameters: what is chosen among, and how a begun plan grows and is weighed. */
export interface PlanSearch<Plan, Choice> {
  readonly initial: Plan;
  readonly toAdd: readonly (readonly Choice[])[];
  readonly addFct: (plan: Plan, choice: Choice) => Plan;
  readonly costFct: (plan: Plan) => number;
}

export interface FoundPlan<Plan> {
  readonly best: Plan;
  readonly cost: number;
}

/** @returns undefined where there are few enough plans to weigh them all, which the planner does itself */
export function followBest<Plan, Choice>(search: PlanSearch<Plan, Choice>): FoundPlan<Plan> | undefined {
  const bounds = searchBounds();
  const { initial, toAdd, addFct, costFct } = search;
  if (bounds === undefined || isFew(toAdd, bounds.maxComparedPlans)) return undefined;
  const choices = toAdd.reduce((sum, one) => sum + one.length, 0);
  const followed = Math.max(1, Math.min(bounds.maxFollowed, Math.floor(bounds.maxWeighed / choices)));
  let begun: FoundPlan<Plan>[] = [{ best: initial, cost: 0 }];
  for (const ways of toAdd) {
    const next: FoundPlan<Plan>[] = [];
    for (const { best: plan } of begun) {
      for (const way of ways) {
        step();
        const best = addFct(plan, way);
        next.push({ best, cost: costFct(best) });
      }
    }
    // Stable, so that of equal ones the way with fewer jumps, which the planner has put first, is followed.
    begun = next.sort((a, b) => a.cost - b.cost).slice(0, followed);
  }
  return begun[0];
}

function isFew(toAdd: readonly (readonly unknown[])[], max: number): boolean {
  let plans = 1;
  for (const ways of toAdd) {
    plans *= ways.length;
    if (plans > max) return false;
  }
  return true;
}
