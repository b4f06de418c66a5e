/** Where a value of a subgraph's answer is, in the names of its schema: those of the request may be aliases of the gateway's. */
import { type FieldNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { fragmentsOf } from '../documents/index.ts';

/** @param path from an entity, or from the root, by the names of the answer */
export function fieldPath(query: string, path: readonly (string | number)[], isOfEntities: boolean): string {
  const document = parse(query, { noLocation: true });
  const fragments = fragmentsOf(document);
  const fieldOf = (selectionSet: SelectionSetNode | undefined, key: string): FieldNode | undefined => {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        if ((selection.alias ?? selection.name).value === key) return selection;
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      const field = fieldOf(fragment?.selectionSet, key);
      if (field !== undefined) return field;
    }
    return undefined;
  };
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  let selectionSet = operation?.selectionSet;
  if (isOfEntities) selectionSet = fieldOf(selectionSet, '_entities')?.selectionSet;
  const steps = path.map((step) => {
    if (typeof step === 'number') return step;
    const field = fieldOf(selectionSet, step);
    selectionSet = field?.selectionSet;
    return field?.name.value ?? step;
  });
  return steps.join('.');
}
