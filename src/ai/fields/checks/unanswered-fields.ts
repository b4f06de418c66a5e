/**
 * Finds fields of an AI subgraph that nothing resolves: they have no @generate, are not @external, and are not key fields,
 * which representations supply. Such a field would always be null, without an error.
 */
import {
  type ConstDirectiveNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNullableType,
  isObjectType,
} from 'graphql';
import type { AiField } from '../ai-field.ts';
import { directivesOf, fieldNames, isFederation, keysOf } from './federation-directives.ts';
import { entityTypes, modelWrittenTypes } from './model-written-types.ts';

export interface UnansweredField {
  /** `Type.field`. */
  readonly coordinate: string;
  readonly line: number | undefined;
}

/** Searches Query, Mutation, entities, and the plain types below them that group AI fields. */
export function unansweredFields(schema: GraphQLSchema, fields: readonly AiField[]): readonly UnansweredField[] {
  const entities = entityTypes(schema);
  const modelWritten = modelWrittenTypes(schema, fields);
  const aiCoordinates = new Set(fields.map(({ typeName, fieldName }) => `${typeName}.${fieldName}`));
  const groupingTypes = typesWithAiFields(schema, fields);
  const unanswered: UnansweredField[] = [];
  const visited = new Set<GraphQLObjectType>();
  const queue = [schema.getQueryType(), schema.getMutationType(), ...entities];
  for (const type of queue) {
    if (type == null || visited.has(type) || modelWritten.has(type)) continue;
    visited.add(type);
    if (isExternal(directivesOf(type))) continue;
    const keys = new Set(keysOf(type).flatMap(fieldNames));
    for (const field of Object.values(type.getFields())) {
      const { name, astNode } = field;
      if (name === '_entities' || name === '_service' || keys.has(name)) continue;
      if (aiCoordinates.has(`${type.name}.${name}`) || isExternal(astNode?.directives ?? [])) continue;
      const childType = getNullableType(field.type);
      if (isObjectType(childType) && !entities.has(childType) && groupingTypes.has(childType)) queue.push(childType);
      else unanswered.push({ coordinate: `${type.name}.${name}`, line: astNode?.loc?.startToken.line });
    }
  }
  return unanswered;
}

/** The types that have AI fields, and the types that lead to them through plain object fields. */
function typesWithAiFields(schema: GraphQLSchema, fields: readonly AiField[]): ReadonlySet<GraphQLObjectType> {
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  const types = new Set(objects.filter(({ name }) => fields.some(({ typeName }) => typeName === name)));
  for (let size = 0; size < types.size; ) {
    size = types.size;
    for (const type of objects) {
      const childTypes = Object.values(type.getFields()).map((field) => getNullableType(field.type));
      if (childTypes.some((childType) => isObjectType(childType) && types.has(childType))) types.add(type);
    }
  }
  return types;
}

function isExternal(directives: readonly ConstDirectiveNode[]): boolean {
  return directives.some((directive) => isFederation('external', directive));
}
