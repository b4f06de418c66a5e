/** Whether a fetch requests a custom scalar: of all leaves, only these may be a number of any size. */
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isSpecifiedScalarType,
  Kind,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import type { PlannedFetch } from '../../planning/index.ts';

const operationTypes = { query: OperationTypeNode.QUERY, mutation: OperationTypeNode.MUTATION } as const;

/** Of what only policies read: no number of theirs is written anywhere. */
const rowKey = /^_+r\d+$/;

/** @param schema the API schema: a field that it does not have counts as a custom scalar */
export function requestsCustomScalars(schema: GraphQLSchema, fetch: PlannedFetch): boolean {
  const root =
    schema.getRootType(fetch.kind === 'root' ? operationTypes[fetch.operationType] : OperationTypeNode.QUERY) ??
    undefined;
  return parse(fetch.operation, { noLocation: true }).definitions.some(
    (definition) => 'selectionSet' in definition && isCustom(definition.selectionSet, root),
  );

  function isCustom({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): boolean {
    return selections.some((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return true;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        return isCustom(selection.selectionSet, condition === undefined ? type : schema.getType(condition));
      }
      const { alias, name, selectionSet } = selection;
      if (name.value === '__typename' || rowKey.test(alias?.value ?? '')) return false;
      // Below it, type conditions name the entities' types.
      if (name.value === '_entities') return selectionSet !== undefined && isCustom(selectionSet, undefined);
      const field = type !== undefined && 'getFields' in type ? type.getFields()[name.value] : undefined;
      const returned = field === undefined ? undefined : getNamedType(field.type);
      if (selectionSet !== undefined) return isCustom(selectionSet, isCompositeType(returned) ? returned : undefined);
      return returned === undefined || !(isEnumType(returned) || isSpecifiedScalarType(returned));
    });
  }
}
