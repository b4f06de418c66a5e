/** Whether rules let anyone through that another rule stops. */
import { canonicalJson } from '../../../lib/index.ts';
import type { AccessRule } from '../../../supergraph/index.ts';

/**
 * @returns whether somebody who satisfies all of `rules` may not satisfy `rule`: where that cannot be told by the rules alone,
 * as of two policies, yes
 */
export function isLooser(rule: AccessRule, rules: readonly AccessRule[]): boolean {
  return !rules.some((stronger) => implies(stronger, rule));
}

function implies(stronger: AccessRule, weaker: AccessRule): boolean {
  // Who has scopes has been authenticated; a policy may let anonymous callers through.
  if (weaker.kind === 'authenticated') return stronger.kind === 'authenticated' || stronger.kind === 'scopes';
  if (stronger.kind === 'mask' || weaker.kind === 'mask') return canonicalJson(stronger) === canonicalJson(weaker);
  if (stronger.kind === 'authenticated' || stronger.kind !== weaker.kind) return false;
  // Each way through the one is a way through the other.
  return stronger.anyOf.every((all) => weaker.anyOf.some((needed) => needed.every((name) => all.includes(name))));
}
