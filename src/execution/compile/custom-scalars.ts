/** Whether a request asks for a custom scalar: of all leaves, only those may hold a number of any size. */
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

/** @param schema the API schema: what it does not show is taken for a custom scalar */
export function asksForCustomScalars(schema: GraphQLSchema, fetch: PlannedFetch): boolean {
  const root =
    schema.getRootType(fetch.kind === 'root' ? operationTypes[fetch.operationType] : OperationTypeNode.QUERY) ??
    undefined;
  return parse(fetch.operation, { noLocation: true }).definitions.some(
    (one) => 'selectionSet' in one && isCustom(one.selectionSet, root),
  );

  function isCustom({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): boolean {
    return selections.some((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return true;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        return isCustom(selection.selectionSet, condition === undefined ? type : schema.getType(condition));
      }
      const { name, selectionSet } = selection;
      if (name.value === '__typename') return false;
      // Entities stand below it by their types.
      if (name.value === '_entities') return selectionSet !== undefined && isCustom(selectionSet, undefined);
      const field = type !== undefined && 'getFields' in type ? type.getFields()[name.value] : undefined;
      const returned = field === undefined ? undefined : getNamedType(field.type);
      if (selectionSet !== undefined) return isCustom(selectionSet, isCompositeType(returned) ? returned : undefined);
      return returned === undefined || !(isEnumType(returned) || isSpecifiedScalarType(returned));
    });
  }
}
