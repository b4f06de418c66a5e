/** Federation's FieldSet: the text of a selection set, as in `@key` and `@requires`. */
import { Kind, parse, type SelectionSetNode } from 'graphql';
import type { RequiredSelection } from './operation-plan.ts';

export function parseFieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('a field set is a selection');
  return definition.selectionSet;
}

/** A field set as a part of a representation, without arguments. */
export function toRequiredSelections({ selections }: SelectionSetNode): RequiredSelection[] {
  return selections.flatMap((selection): RequiredSelection[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [
        {
          kind: 'on',
          type: selection.typeCondition?.name.value,
          selections: toRequiredSelections(selection.selectionSet),
        },
      ];
    const key = selection.name.value;
    return [
      selection.selectionSet === undefined
        ? { kind: 'field', key }
        : { kind: 'field', key, selections: toRequiredSelections(selection.selectionSet) },
    ];
  });
}
