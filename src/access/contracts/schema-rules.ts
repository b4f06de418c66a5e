/**
 * The rules of a whole schema, for what a caller may use of it: evaluated to an outcome like those of an operation. A
 * policy that reads arguments may allow some of them, so it counts as allowing.
 */
import { Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { AccessRule, AccessRules } from '../../supergraph/index.ts';
import type { Policy } from '../policies/policy.ts';
import { type Clause, type DecidedRules, policiesOf } from '../rules/operation-rules.ts';

/** Nothing of it is read where no clause reads arguments. */
const operation: OperationDefinitionNode = {
  kind: Kind.OPERATION_DEFINITION,
  operation: OperationTypeNode.QUERY,
  selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
};

export class SchemaRules implements DecidedRules {
  readonly clauses: readonly Clause[];
  readonly policyNames: ReadonlySet<string>;
  readonly operation = operation;
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(rules: AccessRules, policies: ReadonlyMap<string, Policy>) {
    this.#policies = policies;
    const clauses: Clause[] = [];
    const numbers = new Map<string, number>();
    for (const rule of [...rules.values()].flat()) {
      const decided = this.#decided(rule);
      const key = JSON.stringify(decided);
      if (decided === undefined || numbers.has(key)) continue;
      numbers.set(key, clauses.length);
      clauses.push({ rule: decided, selected: undefined });
    }
    this.clauses = clauses;
    this.#numbers = numbers;
    this.policyNames = new Set(clauses.flatMap(({ rule }) => policiesOf(rule)));
  }

  /** Whether a rule of the schema denies under this outcome. */
  denies(rule: AccessRule, outcome: string): boolean {
    const decided = this.#decided(rule);
    const number = decided && this.#numbers.get(JSON.stringify(decided));
    return number !== undefined && outcome[number] === '0';
  }

  /** The part of a rule that does not depend on arguments; undefined where it may always hold. */
  #decided(rule: AccessRule): AccessRule | undefined {
    const readsArguments = (name: string): boolean => this.#policies.get(name)?.readsArguments === true;
    if (rule.kind === 'mask') return policiesOf(rule).some(readsArguments) ? undefined : rule;
    if (rule.kind !== 'policies') return rule;
    const anyOf = rule.anyOf.map((all) => all.filter((name) => !readsArguments(name)));
    return anyOf.some((all) => all.length === 0) ? undefined : { kind: 'policies', anyOf };
  }
}
