/** Whether a selection is part of an operation, by its `@skip` and `@include` (GraphQL, sections 3.13.1 and 3.13.2). */
import { type DirectiveNode, Kind } from 'graphql';

/** A condition is null where a nullable variable with a default is set to null: then there is no outcome. */
type ConditionsOutcome = 'yes' | 'no' | 'failed';

/** `@skip` is evaluated first, wherever it stands: an `@include` on a skipped selection cannot fail. */
export function conditionsOutcome(
  directives: readonly DirectiveNode[],
  values: Readonly<Record<string, unknown>>,
): ConditionsOutcome {
  if (directives.length === 0) return 'yes';
  const skip = conditionOf('skip', directives, values);
  if (skip === null) return 'failed';
  if (skip === true) return 'no';
  const include = conditionOf('include', directives, values);
  if (include === null) return 'failed';
  return include === false ? 'no' : 'yes';
}

function conditionOf(
  name: string,
  directives: readonly DirectiveNode[],
  values: Readonly<Record<string, unknown>>,
): boolean | null | undefined {
  const directive = directives.find((node) => node.name.value === name);
  const condition = directive?.arguments?.find((argument) => argument.name.value === 'if')?.value;
  if (condition?.kind === Kind.BOOLEAN) return condition.value;
  if (condition?.kind !== Kind.VARIABLE) return undefined;
  const value = Object.hasOwn(values, condition.name.value) ? values[condition.name.value] : undefined;
  return value === null ? null : value === true;
}

/** @returns true for a condition that is null: it fails the operation by itself */
export function isIncluded(
  directives: readonly DirectiveNode[] | undefined,
  values: Readonly<Record<string, unknown>>,
): boolean {
  return directives === undefined || conditionsOutcome(directives, values) !== 'no';
}
