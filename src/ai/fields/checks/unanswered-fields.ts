/**
 * Fields of an AI subgraph that nothing answers: without @generate no model does, without @external no other subgraph
 * does, and what a representation brings are keys. They would be null for every client, and no error would say why.
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
import { entityTypes, typesWritten } from './types-written.ts';

export interface UnansweredField {
  /** `Type.field`. */
  readonly coordinate: string;
  readonly line: number | undefined;
}

/** Of Query, Mutation, entities, and the plain types that group AI fields below them. */
export function unansweredFields(schema: GraphQLSchema, fields: readonly AiField[]): readonly UnansweredField[] {
  const entities = entityTypes(schema);
  const written = typesWritten(schema, fields);
  const asked = new Set(fields.map(({ typeName, fieldName }) => `${typeName}.${fieldName}`));
  const leads = typesWithAiFields(schema, fields);
  const found: UnansweredField[] = [];
  const seen = new Set<GraphQLObjectType>();
  const waiting = [schema.getQueryType(), schema.getMutationType(), ...entities];
  for (const type of waiting) {
    if (type == null || seen.has(type) || written.has(type)) continue;
    seen.add(type);
    if (isExternal(directivesOf(type))) continue;
    const keys = new Set(keysOf(type).flatMap(fieldNames));
    for (const field of Object.values(type.getFields())) {
      const { name, astNode } = field;
      if (name === '_entities' || name === '_service' || keys.has(name)) continue;
      if (asked.has(`${type.name}.${name}`) || isExternal(astNode?.directives ?? [])) continue;
      const below = getNullableType(field.type);
      if (isObjectType(below) && !entities.has(below) && leads.has(below)) waiting.push(below);
      else found.push({ coordinate: `${type.name}.${name}`, line: astNode?.loc?.startToken.line });
    }
  }
  return found;
}

/** The types that have AI fields, and those whose plain objects hold them. */
function typesWithAiFields(schema: GraphQLSchema, fields: readonly AiField[]): ReadonlySet<GraphQLObjectType> {
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  const leads = new Set(objects.filter(({ name }) => fields.some(({ typeName }) => typeName === name)));
  for (let size = 0; size < leads.size; ) {
    size = leads.size;
    for (const type of objects) {
      const below = Object.values(type.getFields()).map((field) => getNullableType(field.type));
      if (below.some((one) => isObjectType(one) && leads.has(one))) leads.add(type);
    }
  }
  return leads;
}

function isExternal(directives: readonly ConstDirectiveNode[]): boolean {
  return directives.some((one) => isFederation('external', one));
}
