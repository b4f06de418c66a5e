/** The targets that a call of an alias may be sent to first: what its first attempt costs at most is the dearest of them. */
import type { RoutingRule } from '../../../config/index.ts';
import type { Caller } from '../model-call.ts';
import type { Target } from '../targets/target.ts';
import type { Route } from './choose-targets.ts';

/** @param isUsable whether a target has a price: others are skipped */
export function firstTargets(
  { config, targets, ruleTargets }: Route,
  caller: Caller,
  isUsable: (target: Target) => boolean,
): readonly Target[] {
  const firsts = new Set<Target>();
  const add = (choice: readonly Target[]): void => {
    for (const target of choice.filter(isUsable)) {
      firsts.add(target);
      // In this strategy the others are called where an earlier one fails, or cannot do what the call needs.
      if (config.strategy === 'ordered' && target.config.capabilities === undefined) return;
    }
  };
  for (const [index, { when }] of config.rules.entries()) {
    if (!mayMatch(when, caller)) continue;
    add(ruleTargets[index] ?? []);
    if (alwaysMatches(when)) return [...firsts];
  }
  add(targets);
  return [...firsts];
}

/** What a rule says of the input is not known yet. */
function mayMatch({ tenants, callers }: RoutingRule['when'], caller: Caller): boolean {
  return tenants?.includes(caller.tenant) !== false && callers?.includes(caller.id) !== false;
}

function alwaysMatches({ minInputTokens, maxInputTokens, needs }: RoutingRule['when']): boolean {
  return minInputTokens === undefined && maxInputTokens === undefined && needs.length === 0;
}
