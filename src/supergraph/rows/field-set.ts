/** Federation's FieldSet, the text of a selection, as `@rows` reads it. */
import { Kind, parse, print, type SelectionNode, type SelectionSetNode, stripIgnoredCharacters } from 'graphql';

/** @throws GraphQLError for a text that is no selection */
export function parseFieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('a field set is a selection');
  return definition.selectionSet;
}

export function printSelection(selection: SelectionNode): string {
  return stripIgnoredCharacters(print(selection));
}
