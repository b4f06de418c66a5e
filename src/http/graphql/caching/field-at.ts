/** Which field of the schema a place in an answer is: for those who are to be told of it. */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../../../documents/index.ts';

export interface FieldPlace {
  readonly type: string;
  readonly field: string;
}

/** @returns the innermost field of the path that is found */
export function fieldAt(
  schema: GraphQLSchema,
  { document, operation }: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode },
  path: readonly (string | number)[],
): FieldPlace {
  const fragments = fragmentsOf(document);
  const root = schema.getRootType(operation.operation);
  let place: FieldPlace = { type: root?.name ?? '', field: '' };
  let type: GraphQLNamedType | undefined = root ?? undefined;
  let selections: readonly SelectionSetNode[] = [operation.selectionSet];
  for (const key of path) {
    if (typeof key === 'number') continue;
    const fields = selections.flatMap((set) => fieldsOf(set, fragments, type?.name ?? ''));
    const matching = fields.filter(({ node }) => (node.alias ?? node.name).value === key);
    const [first] = matching;
    if (first === undefined) return place;
    const parent = schema.getType(first.parent);
    const name = first.node.name.value;
    place = { type: first.parent, field: name };
    const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    type = definition && getNamedType(definition.type);
    selections = matching.flatMap(({ node }) => node.selectionSet ?? []);
  }
  return place;
}

interface SelectedField {
  readonly node: FieldNode;
  /** The type that it is selected of. */
  readonly parent: string;
}

function fieldsOf(
  { selections }: SelectionSetNode,
  fragments: ReturnType<typeof fragmentsOf>,
  parent: string,
): SelectedField[] {
  return selections.flatMap((selection): SelectedField[] => {
    if (selection.kind === Kind.FIELD) return [{ node: selection, parent }];
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (fragment === undefined) return [];
    return fieldsOf(fragment.selectionSet, fragments, fragment.typeCondition?.name.value ?? parent);
  });
}
