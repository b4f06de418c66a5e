/** The types within the selection of a `@requires`, by the schema of the AI subgraph. */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
} from 'graphql';

export type Schema = Pick<GraphQLSchema, 'getType' | 'getPossibleTypes'>;

/** @returns undefined for a field without a selection */
export function fieldTypeOf(parent: GraphQLCompositeType, { name }: FieldNode): GraphQLCompositeType | undefined {
  const field = 'getFields' in parent ? parent.getFields()[name.value] : undefined;
  const type = field === undefined ? undefined : getNamedType(field.type);
  return isCompositeType(type) ? type : undefined;
}

export function typeOfFragment(
  schema: Schema,
  parent: GraphQLCompositeType,
  { typeCondition }: InlineFragmentNode,
): GraphQLCompositeType | undefined {
  const type = typeCondition === undefined ? parent : schema.getType(typeCondition.name.value);
  return isCompositeType(type) ? type : undefined;
}
