/** A planned fetch on its way into a plan, with what it gives and needs by `path.key`; and what selections give and need. */
import { type FieldNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { invariant } from '../../lib/index.ts';
import type { EntityField, EntityTarget, PlannedFetch, RequiredSelection, Rewrite } from './operation-plan.ts';

export interface Step {
  readonly fetch: PlannedFetch;
  /** `path.key` of every field it gives, and of every one it needs; `@` steps left out. */
  readonly gives: ReadonlySet<string>;
  readonly needs: ReadonlySet<string>;
  /** The part of `needs` that its representations hold, or arguments from a context. */
  readonly requires: ReadonlySet<string>;
}

export function entityField(
  target: EntityTarget,
  set: SelectionSetNode | undefined,
  outputRewrites: readonly Rewrite[],
): EntityField {
  return {
    key: '_entities',
    variable: 'representations',
    targets: [target],
    outputRewrites,
    gives: set === undefined ? [] : topKeys(set),
    leavesOnly: set === undefined || hasLeavesOnly(set),
  };
}

export function operationOf(text: string): OperationDefinitionNode {
  const operation = parse(text, { noLocation: true }).definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  invariant(operation !== undefined, 'a fetch has an operation');
  return operation;
}

export function entitiesField(operation: OperationDefinitionNode): FieldNode {
  const field = operation.selectionSet.selections.find(
    (one) => one.kind === Kind.FIELD && one.name.value === '_entities',
  );
  invariant(field?.kind === Kind.FIELD, 'an entity fetch asks for _entities');
  return field;
}

export function prefixes(keys: readonly string[]): Set<string> {
  return new Set(keys.map((_key, index) => keys.slice(0, index + 1).join('.')));
}

export function addGiven(set: SelectionSetNode, path: readonly string[], gives: Set<string>): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const inner = [...path, (selection.alias ?? selection.name).value];
      gives.add(inner.join('.'));
      if (selection.selectionSet !== undefined) addGiven(selection.selectionSet, inner, gives);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      addGiven(selection.selectionSet, path, gives);
    }
  }
}

export function addRequired(
  selections: readonly RequiredSelection[],
  path: readonly string[],
  needs: Set<string>,
): void {
  for (const selection of selections) {
    if (selection.kind === 'on') {
      addRequired(selection.selections, path, needs);
    } else {
      const inner = [...path, selection.key];
      needs.add(inner.join('.'));
      if (selection.selections !== undefined) addRequired(selection.selections, inner, needs);
    }
  }
}

/** Where nothing but the type is asked for, that is what is given: what fails with it has a place. */
export function topKeys(set: SelectionSetNode): string[] {
  const keys = allTopKeys(set);
  const fields = keys.filter((key) => key !== '__typename');
  return [...new Set(fields.length > 0 ? fields : keys)];
}

function allTopKeys(set: SelectionSetNode): string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [(selection.alias ?? selection.name).value];
    return selection.kind === Kind.INLINE_FRAGMENT ? allTopKeys(selection.selectionSet) : [];
  });
}

function hasLeavesOnly(set: SelectionSetNode): boolean {
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selection.selectionSet === undefined;
    return selection.kind === Kind.INLINE_FRAGMENT && hasLeavesOnly(selection.selectionSet);
  });
}

/** @param after for each step, those it waits for */
export function waitsFor(index: number, other: number, after: readonly (readonly number[])[]): boolean {
  return after[index]?.some((earlier) => earlier === other || waitsFor(earlier, other, after)) ?? false;
}
