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
import { isWritten } from '../output/output-shape.ts';

/** What `_entities` can be. */
export function entityTypes(schema: GraphQLSchema): ReadonlySet<GraphQLObjectType> {
  const union = schema.getType('_Entity');
  return new Set(isUnionType(union) ? union.getTypes() : []);
}

/** The object types whose objects models write: those of @generate fields, and what their own fields lead to. */
export function typesWritten(schema: GraphQLSchema, fields: readonly AiField[]): ReadonlySet<GraphQLObjectType> {
  const written = new Set<GraphQLObjectType>();
  const waiting: GraphQLOutputType[] = [];
  for (const { typeName, fieldName } of fields) {
    const parent = schema.getType(typeName);
    const type = isObjectType(parent) ? parent.getFields()[fieldName]?.type : undefined;
    if (type !== undefined) waiting.push(type);
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const named = getNamedType(next);
    if (isAbstractType(named)) waiting.push(...schema.getPossibleTypes(named));
    if (!isObjectType(named) || written.has(named)) continue;
    written.add(named);
    for (const field of Object.values(named.getFields())) if (isWritten(field)) waiting.push(field.type);
  }
  return written;
}
