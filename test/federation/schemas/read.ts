import type { DataObject } from '../../testkit/random/in-process-subgraph.ts';

/**
 * A field of an object: its value, or its result for `args`. In a subgraph a required field is the plain value of the
 * representation; in the monolith it is computed with the arguments that @requires names.
 */
export function read(object: DataObject, field: string, args: object = {}): unknown {
  const value = object[field];
  return typeof value === 'function' ? (value as (args: object) => unknown).call(object, args) : value;
}

export function first<Item>(items: readonly Item[], count: unknown): readonly Item[] {
  return typeof count === 'number' ? items.slice(0, Math.max(0, count)) : items;
}
