/**
 * The part of a subgraph's request header rules whose result is the same for every request: what is inserted, and no later
 * rule may change. It is written into the head of requests once; only the other rules run for each.
 */
import { type RequestHeaderRule, unforwardableHeaders } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';

export interface SplitHeaderRules {
  /** Names and values in turn. */
  readonly fixedHeaders: readonly string[];
  /** The rules that depend on the request, in their order. */
  readonly rules: readonly RequestHeaderRule[];
}

export function splitHeaderRules(rules: readonly RequestHeaderRule[]): SplitHeaderRules {
  const fixedHeaders: string[] = [];
  const others: RequestHeaderRule[] = [];
  for (const [index, rule] of rules.entries()) {
    if (rule.kind !== 'insert' || rules.slice(index + 1).some((later) => mayChange(later, rule.name))) {
      others.push(rule);
      continue;
    }
    if (!unforwardableHeaders.has(rule.name)) fixedHeaders.push(rule.name, rule.value);
    // What an earlier rule set under this name is replaced.
    if (others.length > 0) others.push({ kind: 'remove', named: rule.name });
  }
  return { fixedHeaders, rules: others };
}

function mayChange(rule: RequestHeaderRule, name: string): boolean {
  switch (rule.kind) {
    case 'propagate':
      return (rule.rename ?? rule.named) === name;
    case 'remove':
      return rule.named === name;
    case 'propagate-matching':
    case 'remove-matching':
      return new RegExp(rule.matching, 'i').test(name);
    case 'insert':
    case 'insert-principal':
    case 'insert-client-address':
      return rule.name === name;
    default:
      return unreachable(rule);
  }
}
