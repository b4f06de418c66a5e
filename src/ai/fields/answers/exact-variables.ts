/**
 * Variables with their numbers as they are written. A custom scalar takes a number of any size; what GraphQL's own
 * scalars take is a JavaScript number, or for an ID the text of its digits.
 */
import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
  isSpecifiedScalarType,
  Kind,
  type NamedTypeNode,
  typeFromAST,
} from 'graphql';
import { ExactNumber, parseExactJson } from '../../../lib/index.ts';

/** @param json the text of an object */
export function readExactVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  json: string,
): Record<string, unknown> {
  const values = parseExactJson(json) as Record<string, unknown>;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, type } of definition.variableDefinitions ?? []) {
      const name = variable.name.value;
      const declared = typeFromAST(schema, type as NamedTypeNode);
      if (Object.hasOwn(values, name) && isInputType(declared)) values[name] = fitted(values[name], declared);
    }
  }
  return values;
}

function fitted(value: unknown, type: GraphQLInputType): unknown {
  if (value === null || typeof value !== 'object') return value;
  const named = getNamedType(type);
  if (Array.isArray(value) && (isInputObjectType(named) || isSpecifiedScalarType(named)))
    return value.map((item) => fitted(item, type));
  if (value instanceof ExactNumber) {
    if (named.name === 'ID') return value.text;
    return isSpecifiedScalarType(named) ? Number(value.text) : value;
  }
  if (!isInputObjectType(named)) return value;
  const fields = named.getFields();
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      return [key, field === undefined ? inner : fitted(inner, field.type)];
    }),
  );
}
