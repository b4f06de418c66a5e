import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { parse } from 'graphql';
import { type Composition, coordinatesOf } from '../../../supergraph/index.ts';

/** Coordinates of the specification's form: `User`, `User.email`, `Query.user(id:)`. */
export type Elements = ReadonlySet<string>;

/** Every element of an API schema, read with the event loop free in between. */
export async function elementsOf({ apiPieces }: Pick<Composition, 'apiPieces'>): Promise<Elements> {
  const elements = new Set<string>();
  for (const piece of apiPieces) {
    for (const coordinate of coordinatesOf(parse(piece, { noLocation: true }))) elements.add(coordinate);
    await yieldToLoop();
  }
  return elements;
}
