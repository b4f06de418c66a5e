/**
 * A beam search among the plans of an operation, which replaces the planner's search (`generateAllPlansAndFindBest`) if
 * there are many: for choice after choice, each option is added to the best partial plans, and the cheapest of the
 * results are kept. The planner's search computes the cost of every combination, 8,192 for thirteen fields.
 */
import { searchBounds, step } from './search-bounds.ts';

/** The parameters of the planner's search: the choices, how a choice is added to a partial plan, and the cost of one. */
export interface PlanSearch<Plan, Choice> {
  readonly initial: Plan;
  readonly toAdd: readonly (readonly Choice[])[];
  readonly addFct: (plan: Plan, choice: Choice) => Plan;
  readonly costFct: (plan: Plan) => number;
}

export interface PlanCandidate<Plan> {
  readonly best: Plan;
  readonly cost: number;
}

/** @returns undefined if there are few enough plans for the planner to compare them all */
export function followBest<Plan, Choice>(search: PlanSearch<Plan, Choice>): PlanCandidate<Plan> | undefined {
  const bounds = searchBounds();
  const { initial, toAdd, addFct, costFct } = search;
  if (bounds === undefined || isFew(toAdd, bounds.maxComparedPlans)) return undefined;
  const choices = toAdd.reduce((sum, ways) => sum + ways.length, 0);
  const followed = Math.max(1, Math.min(bounds.maxFollowed, Math.floor(bounds.maxCosted / choices)));
  let partial: PlanCandidate<Plan>[] = [{ best: initial, cost: 0 }];
  for (const ways of toAdd) {
    const next: PlanCandidate<Plan>[] = [];
    for (const { best: plan } of partial) {
      for (const way of ways) {
        step();
        const best = addFct(plan, way);
        next.push({ best, cost: costFct(best) });
      }
    }
    // The sort is stable: of equal costs, the way with fewer jumps remains first, where the planner has put it.
    partial = next.sort((a, b) => a.cost - b.cost).slice(0, followed);
  }
  return partial[0];
}

function isFew(toAdd: readonly (readonly unknown[])[], max: number): boolean {
  let plans = 1;
  for (const ways of toAdd) {
    plans *= ways.length;
    if (plans > max) return false;
  }
  return true;
}
