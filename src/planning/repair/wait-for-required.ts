/**
 * Adds dependencies that the planner's sequences miss.
 *
 * With interface objects Apollo's planner may put a fetch beside the one that provides the fields it requires, or even
 * before it; and a fetch whose arguments come from a context beside the one that provides the context. A fetch that
 * requires a field, or whose path goes through it, waits for every fetch that provides it, wherever that is in the
 * plan, unless that fetch already waits for this one.
 */
import { pathOf, prefixes, type StepGraph, waitsFor, withoutLists } from '../plan/plan-step.ts';

export function waitForRequired({ steps, preceding, after }: StepGraph): void {
  steps.forEach(({ fetch, requires }, index) => {
    const before = new Set(preceding[index]);
    for (const path of requires.union(prefixes(withoutLists(pathOf(fetch))))) {
      if ([...before].some((earlier) => steps[earlier]?.gives.has(path))) continue;
      steps.forEach(({ gives }, provider) => {
        if (provider === index || !gives.has(path) || waitsFor(provider, index, after)) return;
        before.add(provider);
        after[index]?.push(provider);
      });
    }
  });
}
