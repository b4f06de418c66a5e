/**
 * Converts exact numbers in variables to their types. A custom scalar gets a number with all its digits; GraphQL's own
 * scalars get a JavaScript number, or the text of the digits for an ID.
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
import { ExactNumber } from '../../../lib/index.ts';

export function fitVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const values = { ...variables };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, type } of definition.variableDefinitions ?? []) {
      const name = variable.name.value;
      const declared = typeFromAST(schema, type as NamedTypeNode);
      if (Object.hasOwn(values, name) && isInputType(declared)) values[name] = fitValue(values[name], declared);
    }
  }
  return values;
}

function fitValue(value: unknown, type: GraphQLInputType): unknown {
  if (value === null || typeof value !== 'object') return value;
  const namedType = getNamedType(type);
  if (Array.isArray(value) && (isInputObjectType(namedType) || isSpecifiedScalarType(namedType)))
    return value.map((item) => fitValue(item, type));
  if (value instanceof ExactNumber) {
    if (namedType.name === 'ID') return value.text;
    return isSpecifiedScalarType(namedType) ? Number(value.text) : value;
  }
  if (!isInputObjectType(namedType)) return value;
  const fields = namedType.getFields();
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      return [key, field === undefined ? inner : fitValue(inner, field.type)];
    }),
  );
}
