/**
 * Puts errors in the order of the answer: by the client's fields, then by the places in lists. Fetches end in any order;
 * a client that sends an operation again sees the same errors at the same places.
 */
import type { GraphQLFormattedError } from 'graphql';
import type { ObjectShape } from '../shape/object-shape.ts';

/** @returns those without a path first, in the order they came */
export function inAnswerOrder(
  errors: readonly GraphQLFormattedError[],
  root: ObjectShape,
): readonly GraphQLFormattedError[] {
  if (errors.length < 2) return errors;
  return errors
    .map((error) => ({ error, place: placeOf(root, error.path ?? []) }))
    .sort((one, other) => compare(one.place, other.place))
    .map(({ error }) => error);
}

/** The place of each step: that of a field among the fields of its selection, an index of a list as it is. */
function placeOf(root: ObjectShape, path: readonly (string | number)[]): readonly number[] {
  let shapes: readonly ObjectShape[] = [root];
  return path.map((step) => {
    if (typeof step === 'number') return step;
    let place = -1;
    const inner: ObjectShape[] = [];
    for (const { fields } of shapes) {
      const index = fields.findIndex(({ responseKey }) => responseKey === step);
      if (index === -1) continue;
      if (place === -1) place = index;
      inner.push(...(fields[index]?.inner?.all() ?? []));
    }
    shapes = inner;
    return place;
  });
}

function compare(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((step, at) => step !== other[at]);
  if (index === -1) return one.length - other.length;
  return (one[index] ?? -1) - (other[index] ?? -1);
}
