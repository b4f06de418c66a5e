/**
 * Refuses a plan that leaves out a field it was asked for.
 *
 * Where a field's type is an interface without a single implementation in the subgraph that has the field, and what is
 * asked below it is not there either, Apollo's planner does not say that it cannot plan this: it drops the field
 * without a word, and the answer would be a null that no subgraph gave. Only fields that every object at their place
 * has are looked for: below an abstract type or a condition, a plan may rightly have nothing to ask.
 */
import {
  type DocumentNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { UnsoundPlan } from '../plan/unsound-plan.ts';

export interface PlanChecker {
  /**
   * @param gives `path.key` of every field that some fetch gives, `@` steps left out
   * @throws UnsoundPlan where a field of the operation is none of these
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
          const path = `${place}${(selection.alias ?? selection.name).value}`;
          if (!gives.has(path))
            throw new UnsoundPlan(`no subgraph can be asked for ${path} with what is selected there`);
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

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
