/**
 * Moves fields with @requires out of requests that cannot send the fields they require.
 *
 * If a required field itself has @requires, Apollo's planner may select it in the very request that first reaches the
 * entity (`{ stocked { cost } }`) and fetch the fields it needs only afterwards. The subgraph would compute it without
 * its inputs. Such a field gets an entity request of its own, but only if the plan fetches the fields it requires at
 * that place: @provides can make it right to select the field at once.
 */
import { type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import type { DraftFetch } from '../plan/draft-plan.ts';
import type { EntityKeys } from '../plan/entity-keys.ts';
import { entitiesFieldOf, entityOperation, withOperation, withoutFields } from '../plan/fetch-operation.ts';
import type { RequiredSelection } from '../plan/operation-plan.ts';
import {
  addProvided,
  addRequired,
  entityField,
  pathOf,
  prefixes,
  type Step,
  type StepGraph,
  withoutLists,
} from '../plan/plan-step.ts';
import type { PlacedField, RequiredFields } from '../plan/required-fields.ts';

const typeNameKey: RequiredSelection = { kind: 'field', key: '__typename' };

export function splitRequired(graph: StepGraph, entityKeys: EntityKeys, requiredFields: RequiredFields): void {
  const { steps, preceding, after } = graph;
  for (const [index, step] of [...steps.entries()]) {
    const { fetch } = step;
    if (fetch.kind === 'entities' && fetch.context.length > 0) continue;
    const path = pathOf(fetch);
    const removed = new Set<FieldNode>();
    for (const field of requiredFields.placed(fetch.subgraph, fetch.operation, path, fetch.kind === 'entities')) {
      if (field.represented) continue;
      const split = splitStep(step, field, steps, entityKeys);
      if (split === undefined) continue;
      removed.add(field.node);
      steps.push(split);
      preceding.push([...(preceding[index] ?? []), index]);
      after.push([index]);
    }
    if (removed.size > 0) steps[index] = withoutStepFields(step, removed);
  }
}

/** @returns undefined if the plan does not fetch what the field requires, or the step does not provide a key */
function splitStep(
  { fetch, gives }: Step,
  field: PlacedField,
  steps: readonly Step[],
  entityKeys: EntityKeys,
): Step | undefined {
  const keys = withoutLists(field.path);
  const required = new Set<string>();
  addRequired(field.requires, keys, required);
  const typeName = [...keys, '__typename'].join('.');
  const key = entityKeys.keysOf(fetch.subgraph, field.typeName).find((fields) => {
    const needed = new Set<string>();
    addRequired(fields, keys, needed);
    return needed.isSubsetOf(gives);
  });
  const isFetched = [...required].every((path) => steps.some((step) => step.gives.has(path)));
  if (key === undefined || !isFetched || !gives.has(typeName)) return undefined;
  required.add(typeName);
  addRequired(key, keys, required);
  const requires = [
    { kind: 'on', type: field.typeName, selections: [typeNameKey, ...field.requires, ...key] },
  ] as const;
  const provided = new Set<string>();
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [field.node] };
  addProvided(selectionSet, keys, provided);
  return {
    fetch: withOperation(
      {
        kind: 'entities',
        subgraph: fetch.subgraph,
        operation: fetch.operation,
        variables: fetch.variables,
        after: [],
        fields: [entityField({ path: field.path, requires, inputRewrites: [], exact: false }, selectionSet, [])],
        context: [],
      },
      entityOperation(fetch.operation, field),
    ),
    gives: provided,
    needs: prefixes(keys).union(required),
    requires: required,
  };
}

function withoutStepFields(step: Step, removed: ReadonlySet<FieldNode>): Step {
  const fetch: DraftFetch = withOperation(step.fetch, withoutFields(step.fetch.operation, removed));
  const { selectionSet } = fetch.operation;
  const gives = new Set<string>();
  addProvided(
    fetch.kind === 'root' ? selectionSet : (entitiesFieldOf(fetch.operation).selectionSet ?? selectionSet),
    withoutLists(pathOf(fetch)),
    gives,
  );
  return { ...step, fetch, gives };
}
