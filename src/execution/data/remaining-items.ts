/**
 * The lists of which items have been left out. Two subgraphs may each return fields of the same list, whose items are then
 * merged by their place: by that before anything was left out. An item that was left out of either is left out of both.
 */

interface Remaining {
  /** Of the list as it was. */
  readonly length: number;
  /** The former index of each item. */
  readonly indexes: readonly number[];
}

const remainingOf = new WeakMap<readonly unknown[], Remaining>();

export function recordRemaining(list: readonly unknown[], length: number, indexes: readonly number[]): void {
  remainingOf.set(list, { length, indexes });
}

/** @returns whether the items of both are each other's, which both lists are changed for where items were left out */
export function align(a: unknown[], b: unknown[]): boolean {
  const ofA = remainingOf.get(a);
  const ofB = remainingOf.get(b);
  if (ofA === undefined && ofB === undefined) return a.length === b.length;
  const length = ofA?.length ?? a.length;
  if (length !== (ofB?.length ?? b.length)) return false;
  const inA = new Set(ofA?.indexes ?? a.keys());
  const inB = new Set(ofB?.indexes ?? b.keys());
  const both = [...inA].filter((index) => inB.has(index));
  reduce(a, ofA, both, length);
  reduce(b, ofB, both, length);
  return true;
}

function reduce(list: unknown[], remaining: Remaining | undefined, indexes: readonly number[], length: number): void {
  const places = new Set(indexes);
  const items = list.filter((_item, index) => places.has(remaining?.indexes[index] ?? index));
  list.splice(0, list.length, ...items);
  recordRemaining(list, length, indexes);
}
