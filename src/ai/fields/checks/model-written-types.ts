import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { AiField } from '../ai-field.ts';
import { isModelWritten } from '../output/output-shape.ts';

/** The members of the `_Entity` union. */
export function entityTypes(schema: GraphQLSchema): ReadonlySet<GraphQLObjectType> {
  const union = schema.getType('_Entity');
  return new Set(isUnionType(union) ? union.getTypes() : []);
}

/** The object types that models generate: the types of @generate fields, and the types nested in them. */
export function modelWrittenTypes(schema: GraphQLSchema, fields: readonly AiField[]): ReadonlySet<GraphQLObjectType> {
  const types = new Set<GraphQLObjectType>();
  const queue: GraphQLOutputType[] = [];
  for (const { typeName, fieldName } of fields) {
    const parent = schema.getType(typeName);
    const type = isObjectType(parent) ? parent.getFields()[fieldName]?.type : undefined;
    if (type !== undefined) queue.push(type);
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const namedType = getNamedType(next);
    if (isAbstractType(namedType)) queue.push(...schema.getPossibleTypes(namedType));
    if (!isObjectType(namedType) || types.has(namedType)) continue;
    types.add(namedType);
    for (const field of Object.values(namedType.getFields())) if (isModelWritten(field)) queue.push(field.type);
  }
  return types;
}
