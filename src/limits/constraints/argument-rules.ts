/**
 * The rules of `@constraint`, checked before anything of an operation is fetched: in literals, variables, defaults, lists and
 * input objects. All violations are told at once, with the rule and the place, and never with the value.
 */
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { BrokenRule, Constraints } from '../../supergraph/index.ts';
import type { LimitedClient } from '../client-limits.ts';
import type { Excesses } from '../excesses.ts';
import { compileOperationChecks, type OperationChecks, type Violation } from './operation-checks.ts';
import { ValueChecks } from './value-checks.ts';

/** More violations tell a client nothing more. */
const maxViolations = 50;

/** A validated operation, whose variables fit their types. */
export interface CheckedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

export class ArgumentRules {
  readonly #constraints: Constraints;
  readonly #excesses: Excesses;

  constructor(constraints: Constraints, excesses: Excesses) {
    this.#constraints = constraints;
    this.#excesses = excesses;
  }

  /**
   * @param schema what operations are validated against
   * @returns throws AggregateError of GatewayErrors `CONSTRAINT_VIOLATED`
   */
  of(
    schema: GraphQLSchema,
  ): (checked: CheckedOperation, variables: Readonly<Record<string, unknown>>, client: LimitedClient) => void {
    const checks = new ValueChecks(schema, this.#constraints);
    const compiled = new WeakMap<OperationDefinitionNode, OperationChecks>();
    return ({ document, operation }, variables, client) => {
      let operationChecks = compiled.get(operation);
      if (operationChecks === undefined) {
        operationChecks = compileOperationChecks(schema, checks, document, operation);
        compiled.set(operation, operationChecks);
      }
      const violations = violationsOf(operationChecks, variables);
      if (violations.length > 0) this.#excesses.report(violations.map(errorOf), client);
    };
  }
}

function violationsOf(
  { violations, variables: checks, defaults }: OperationChecks,
  variables: Readonly<Record<string, unknown>>,
): readonly Violation[] {
  if (checks.length === 0) return violations;
  const all: Violation[] = violations.slice(0, maxViolations);
  for (const { name, check, argument, field, path } of checks) {
    const value = Object.hasOwn(variables, name) ? variables[name] : defaults.get(name);
    check(value, argument, (place, broken) => {
      if (all.length < maxViolations) all.push({ field, path, argument: place, broken });
    });
  }
  return all;
}

function errorOf({ field, path, argument, broken }: Violation): GatewayError {
  const place = argument.join('.');
  return new GatewayError('CONSTRAINT_VIOLATED', {
    message: `The argument ${place} of ${field} ${demandOf(broken)}.`,
    facts: { field, path, argument: place, rule: broken.rule, expected: broken.expected },
  });
}

function demandOf({ rule, expected }: BrokenRule): string {
  switch (rule) {
    case 'min':
      return `must be at least ${expected}`;
    case 'max':
      return `must be at most ${expected}`;
    case 'minLength':
      return `must have at least ${expected} characters`;
    case 'maxLength':
      return `must have at most ${expected} characters`;
    case 'minItems':
      return `must have at least ${expected} items`;
    case 'maxItems':
      return `must have at most ${expected} items`;
    case 'pattern':
      return `must match the pattern ${expected}`;
    case 'format':
      return `must have the format ${expected}`;
    default:
      return unreachable(rule);
  }
}
