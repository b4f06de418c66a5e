/** Verdicts in the words of those who ask: `isthmus-explain: access`, the log, `isthmus access can`. */
import type { AccessRule } from '../../supergraph/index.ts';
import type { Principal } from '../principal.ts';
import type { Decisions } from './decide.ts';
import type { FieldVerdict } from './judge-fields.ts';
import type { RuleVerdict } from './operation-rules.ts';

export interface ExplainedField {
  /** Such as `users.@.email`; `@` is any item of a list. */
  readonly path: string;
  /** Such as `User.email`; of an object type, `User`. */
  readonly coordinate: string;
  /** The path of the denied field that it is selected of. */
  readonly within?: string;
  /** The form in which a masked field is read, as in `@mask(as:)`. */
  readonly as?: string;
  /** Of a denied field, those that do not hold; of any other, all. */
  readonly rules: readonly ExplainedRule[];
}

export interface ExplainedRule {
  /** The directive, as a schema has it. */
  readonly rule: string;
  /** For each alternative of a rule that does not hold, the scopes that the caller lacks or the policies that say no. */
  readonly missing?: readonly (readonly string[])[];
}

export function explainField(
  { path, coordinate, isDenied, within, as, rules }: FieldVerdict,
  principal: Principal,
  decisions: Decisions,
): ExplainedField {
  const relevant = isDenied ? rules.filter(({ holds }) => !holds) : rules;
  const explained = relevant.map((verdict): ExplainedRule => {
    const missing = missingOf(verdict, principal, decisions);
    return { rule: ruleText(verdict.rule), ...(missing === undefined ? {} : { missing }) };
  });
  const above = within === undefined ? {} : { within: within.join('.') };
  const form = as === undefined ? {} : { as };
  return { path: path.join('.'), coordinate, ...above, ...form, rules: explained };
}

/** As it is written in a schema, whatever the directive is called there. */
export function ruleText(rule: AccessRule): string {
  if (rule.kind === 'authenticated') return '@authenticated';
  if (rule.kind === 'mask')
    return rule.forms
      .map(({ policy, as }) => `@mask(policy: ${JSON.stringify(policy)}, as: ${JSON.stringify(as)})`)
      .join(' ');
  const lists = rule.anyOf.map((all) => `[${all.map((name) => JSON.stringify(name)).join(', ')}]`).join(', ');
  return rule.kind === 'scopes' ? `@requiresScopes(scopes: [${lists}])` : `@policy(policies: [${lists}])`;
}

function missingOf({ rule, clause, holds }: RuleVerdict, { scopes }: Principal, decisions: Decisions) {
  if (holds || rule.kind === 'authenticated') return undefined;
  if (rule.kind === 'scopes') return rule.anyOf.map((all) => all.filter((scope) => !scopes.includes(scope)));
  const allows = (policy: string): boolean => clause !== undefined && decisions.get(policy)?.get(clause) === true;
  const alternatives = rule.kind === 'mask' ? rule.forms.map(({ policy }) => [policy]) : rule.anyOf;
  return alternatives.map((all) => all.filter((policy) => !allows(policy)));
}
