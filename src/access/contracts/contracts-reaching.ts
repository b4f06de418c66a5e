import type { Composition } from '../../supergraph/index.ts';

/**
 * The contracts whose API schema has an element, in the order of the configuration.
 * @param coordinate of an element of the API schema, such as `User` or `User.email`
 */
export function contractsReaching(contracts: Composition['contracts'], coordinate: string): readonly string[] {
  return [...contracts].flatMap(([name, hidden]) => (hidden.has(coordinate) ? [] : [name]));
}
