/** Federation's FieldSet: the text of a selection, as `@key` and `@requires` hold it. */
import { Kind, parse, type SelectionSetNode } from 'graphql';
import type { RequiredSelection } from './operation-plan.ts';

export function parseFieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('a field set is a selection');
  return definition.selectionSet;
}

/** A field set as a part of a representation; arguments are left out. */
export function toRequiredSelections({ selections }: SelectionSetNode): RequiredSelection[] {
  return selections.flatMap((one): RequiredSelection[] => {
    if (one.kind === Kind.FRAGMENT_SPREAD) return [];
    if (one.kind === Kind.INLINE_FRAGMENT)
      return [{ kind: 'on', type: one.typeCondition?.name.value, selections: toRequiredSelections(one.selectionSet) }];
    const key = one.name.value;
    return [
      one.selectionSet === undefined
        ? { kind: 'field', key }
        : { kind: 'field', key, selections: toRequiredSelections(one.selectionSet) },
    ];
  });
}
