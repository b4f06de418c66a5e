/**
 * Refuses a plan that lacks a field of the operation.
 *
 * If a field's type is an interface without an implementation in the subgraph that has the field, and the fields
 * selected below it are not there either, Apollo's planner drops the field silently instead of failing. The response
 * would have a null that no subgraph returned. Only fields that every object at their place has are checked: below an
 * abstract type or a condition, a plan may rightly have nothing to fetch.
 */
import {
  type DocumentNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { responseKeyOf } from '../plan/response-key.ts';
import { namedType } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';

export interface PlanChecker {
  /**
   * @param gives `path.key` of every field that some fetch provides; `@` steps are left out
   * @throws UnsoundPlan if a field of the operation is not among them
   */
  check(operation: OperationDefinitionNode, gives: ReadonlySet<string>): void;
}

export function createPlanChecker(supergraph: DocumentNode): PlanChecker {
  const objects = new Map<string, ReadonlyMap<string, string>>();
  const roots = new Map<string, string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) objects.set(definition.name.value, fieldTypes(definition));
    if (definition.kind === Kind.SCHEMA_DEFINITION) {
      for (const { operation, type } of definition.operationTypes) roots.set(operation, type.name.value);
    }
  }

  return {
    check({ operation, selectionSet }, gives) {
      walk(selectionSet, objects.get(roots.get(operation) ?? ''), '');

      function walk(set: SelectionSetNode, fields: ReadonlyMap<string, string> | undefined, place: string): void {
        for (const selection of set.selections) {
          if (fields === undefined || selection.kind !== Kind.FIELD || selection.name.value.startsWith('__')) continue;
          const path = `${place}${responseKeyOf(selection)}`;
          if (!gives.has(path)) throw new UnsoundPlan(`no fetch of the plan provides ${path}`);
          if (selection.selectionSet === undefined) continue;
          walk(selection.selectionSet, objects.get(fields.get(selection.name.value) ?? ''), `${path}.`);
        }
      }
    },
  };
}

function fieldTypes({ fields = [] }: ObjectTypeDefinitionNode): ReadonlyMap<string, string> {
  return new Map(fields.map(({ name, type }) => [name.value, namedType(type)]));
}
