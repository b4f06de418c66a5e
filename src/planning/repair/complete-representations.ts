/**
 * Adds to representations the fields that the selected fields require, if the plan fetches them but does not send them.
 *
 * If a required field requires another in turn, back in the same subgraph (`stamp` requires `tag` of another subgraph,
 * which requires `euro`, which requires `price`), Apollo's planner fetches `price` but may request `euro` with a key
 * alone. Such a field then waits for the fields it requires; the other fields of its request do not.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { entitiesFieldOf, withOperation, withoutFields } from '../plan/fetch-operation.ts';
import type { EntityTarget, RequiredSelection } from '../plan/operation-plan.ts';
import {
  addProvided,
  addRequired,
  entityField,
  type Step,
  type StepGraph,
  waitsFor,
  withoutLists,
} from '../plan/plan-step.ts';
import type { PlacedField, RequiredFields } from '../plan/required-fields.ts';

export function completeRepresentations(graph: StepGraph, requiredFields: RequiredFields): void {
  const { steps, preceding, after } = graph;
  for (const [index, step] of [...steps.entries()]) {
    const { fetch } = step;
    const [target] = fetch.kind === 'entities' ? (fetch.fields[0]?.targets ?? []) : [];
    if (fetch.kind === 'root' || target === undefined || fetch.context.length > 0) continue;
    const { operation } = fetch;
    const missing = requiredFields
      .placed(fetch.subgraph, operation, target.path, true)
      .filter((field) => field.represented && isMissing(field, target, step, steps, requiredFields));
    if (missing.length === 0) continue;
    const moved = new Set(missing.map(({ node }) => node));
    const complete = topFields(entitiesFieldOf(operation).selectionSet).filter((node) => !moved.has(node));
    if (complete.every((node) => node.name.value === '__typename')) {
      // Without input rewrites the type is known already, so no fetch has to wait for this `__typename`.
      const removed = new Set(target.inputRewrites.length === 0 ? complete : []);
      const completed = withFields(step, operation, removed, missing);
      steps[index] = completed;
      if (!isMutation(steps[0])) dropRedundantDependencies(index, completed, steps, after);
      waitForMissing(index, missing, steps, after);
      continue;
    }
    const completed = forTypes(withFields(step, operation, new Set(complete), missing), missing, requiredFields);
    steps[index] = withFields(step, operation, moved, []);
    const addedIndex = steps.length;
    steps.push(completed);
    preceding.push([...(preceding[index] ?? [])]);
    after.push([...(after[index] ?? [])]);
    waitForMissing(addedIndex, missing, steps, after);
    // A step that waited for a moved field still does, even if the remaining fields provide it to objects of another type.
    after.forEach((waits, dependant) => {
      if (dependant === addedIndex || !waits.includes(index)) return;
      if (steps[dependant]?.needs.isDisjointFrom(completed.gives) !== false) return;
      if (!waitsFor(addedIndex, dependant, after)) waits.push(addedIndex);
    });
  }
}

/** Steps that waited for fields the step no longer provides wait for what the step waits for instead. */
function dropRedundantDependencies(index: number, { gives }: Step, steps: readonly Step[], after: number[][]): void {
  after.forEach((waits, dependant) => {
    if (!waits.includes(index) || steps[dependant]?.needs.isDisjointFrom(gives) === false) return;
    after[dependant] = [...new Set([...waits.filter((waited) => waited !== index), ...(after[index] ?? [])])];
  });
}

function isMutation(step: Step | undefined): boolean {
  return step?.fetch.kind === 'root' && step.fetch.operationType === 'mutation';
}

/** Whether the field's representation lacks a field that it requires and that another step provides. */
function isMissing(
  { typeName, requires }: PlacedField,
  target: EntityTarget,
  step: Step,
  steps: readonly Step[],
  { areDisjoint }: RequiredFields,
): boolean {
  const keys = withoutLists(target.path);
  const required = new Set<string>();
  addRequired(requires, keys, required);
  const represented = new Set<string>();
  const addSent = (selections: readonly RequiredSelection[]): void => {
    for (const selection of selections) {
      if (selection.kind === 'field') addRequired([selection], keys, represented);
      else if (selection.type === undefined || !areDisjoint(selection.type, typeName)) addSent(selection.selections);
    }
  };
  addSent(target.requires);
  return (
    !required.isSubsetOf(represented) &&
    [...required].every((path) => steps.some((provider) => provider !== step && provider.gives.has(path)))
  );
}

/** Waits for every step that provides a lacking field: one that is waited for already may provide it for another type. */
function waitForMissing(
  index: number,
  missing: readonly PlacedField[],
  steps: readonly Step[],
  after: number[][],
): void {
  const required = new Set<string>();
  for (const { path, requires } of missing) addRequired(requires, withoutLists(path), required);
  steps.forEach(({ gives }, provider) => {
    const waits = after[index];
    if (provider === index || gives.isDisjointFrom(required) || waits === undefined || waits.includes(provider)) return;
    if (!waitsFor(provider, index, after)) waits.push(provider);
  });
}

/** The step without some of its fields, and with the fields that `lacking` require in its representations. */
function withFields(
  step: Step,
  whole: OperationDefinitionNode,
  removed: ReadonlySet<FieldNode>,
  missing: readonly PlacedField[],
): Step {
  const { fetch } = step;
  const [field] = fetch.kind === 'entities' ? fetch.fields : [];
  const [target] = field?.targets ?? [];
  if (fetch.kind === 'root' || field === undefined || target === undefined) return step;
  const operation = withoutFields(whole, removed);
  const { selectionSet } = entitiesFieldOf(operation);
  const keys = withoutLists(target.path);
  const gives = new Set<string>();
  if (selectionSet !== undefined) addProvided(selectionSet, keys, gives);
  const required = new Set<string>();
  for (const { requires } of missing) addRequired(requires, keys, required);
  const additions = missing.map(
    ({ typeName, requires }) => ({ kind: 'on', type: typeName, selections: requires }) as const,
  );
  // Added inside the existing conditions: a condition beside them could make a representation without a key.
  const requires = target.requires.map(
    (selection): RequiredSelection =>
      selection.kind === 'on' ? { ...selection, selections: [...selection.selections, ...additions] } : selection,
  );
  return {
    fetch: {
      ...withOperation(fetch, operation),
      fields: [entityField({ ...target, requires }, selectionSet, field.outputRewrites)],
    },
    gives,
    needs: step.needs.union(required),
    requires: step.requires.union(required),
  };
}

/** The step with representations of only those objects that may have one of the fields. */
function forTypes(step: Step, missing: readonly PlacedField[], { areDisjoint }: RequiredFields): Step {
  const { fetch } = step;
  if (fetch.kind === 'root') return step;
  const fields = fetch.fields.map((field) => ({
    ...field,
    targets: field.targets.map((target) => ({
      ...target,
      requires: target.requires.filter((selection) => {
        if (selection.kind === 'field' || selection.type === undefined) return true;
        const { type } = selection;
        return missing.some(({ typeName }) => !areDisjoint(type, typeName));
      }),
    })),
  }));
  return { ...step, fetch: { ...fetch, fields } };
}

function topFields(set: SelectionSetNode | undefined): FieldNode[] {
  return (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? topFields(selection.selectionSet) : [];
  });
}
