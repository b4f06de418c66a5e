/**
 * Whether a model can be asked for a type: found when a subgraph is composed, so that no client meets it. Types inside
 * themselves are asked for as deep as a client selects them.
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
import { isWritten } from './output-shape.ts';

/** @returns why not, in words for the schema's owner; `undefined` where it can */
export function unsupportedOutput(schema: GraphQLSchema, type: GraphQLOutputType): string | undefined {
  const seen = new Set<GraphQLNamedType>();
  const waiting: GraphQLNamedType[] = [getNamedType(type)];
  for (let named = waiting.pop(); named !== undefined; named = waiting.pop()) {
    if (seen.has(named)) continue;
    seen.add(named);
    if (isEnumType(named) && offeredValues(named).length === 0) {
      return `every value of ${named.name} is deprecated, so there is none to choose`;
    }
    if (isAbstractType(named)) {
      const possible = schema.getPossibleTypes(named);
      if (possible.length === 0) return `no type implements ${named.name}`;
      waiting.push(...possible);
    }
    if (!isObjectType(named) && !isInterfaceType(named)) continue;
    const fields = Object.values(named.getFields()).filter(isWritten);
    if (fields.length === 0) return `${named.name} has no field that a model could write`;
    for (const field of fields) {
      const [argument] = field.args;
      if (argument !== undefined) {
        return `${named.name}.${field.name} takes the argument "${argument.name}", and what a model has written takes none`;
      }
      waiting.push(getNamedType(field.type));
    }
  }
  return undefined;
}
