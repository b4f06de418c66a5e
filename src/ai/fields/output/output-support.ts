/**
 * Checks at composition time whether a model can generate a type, so that unsupported types do not fail at run time.
 * Recursive types are supported: they are requested as deep as the client selects them.
 */
import {
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { offeredValues } from './output-leaf.ts';
import { isModelWritten } from './output-shape.ts';

/** @returns the reason, for the owner of the schema; `undefined` if the type is supported */
export function unsupportedOutput(schema: GraphQLSchema, type: GraphQLOutputType): string | undefined {
  const visited = new Set<GraphQLNamedType>();
  const queue: GraphQLNamedType[] = [getNamedType(type)];
  for (let namedType = queue.pop(); namedType !== undefined; namedType = queue.pop()) {
    if (visited.has(namedType)) continue;
    visited.add(namedType);
    if (isEnumType(namedType) && offeredValues(namedType).length === 0) {
      return `every value of ${namedType.name} is deprecated, so there is none to choose`;
    }
    if (isAbstractType(namedType)) {
      const possible = schema.getPossibleTypes(namedType);
      if (possible.length === 0) return `no type implements ${namedType.name}`;
      queue.push(...possible);
    }
    if (!isObjectType(namedType) && !isInterfaceType(namedType)) continue;
    const fields = Object.values(namedType.getFields()).filter(isModelWritten);
    if (fields.length === 0) return `${namedType.name} has no field that a model could write`;
    for (const field of fields) {
      const [argument] = field.args;
      if (argument !== undefined) {
        return `${namedType.name}.${field.name} takes the argument "${argument.name}", and what a model has written takes none`;
      }
      queue.push(getNamedType(field.type));
    }
  }
  return undefined;
}
