/**
 * The lists of which items have been left out. Two subgraphs may each return fields of the same list, whose items are then
 * merged by their place: by that before anything was left out. An item that was left out of either is left out of both.
 */

interface Dropped {
  /** Of the list as it was. */
  readonly length: number;
  /** The items that were left out, by their former index: few of many, in most lists. */
  readonly indexes: readonly number[];
}

const droppedOf = new WeakMap<readonly unknown[], Dropped>();

export function recordDropped(list: readonly unknown[], length: number, indexes: readonly number[]): void {
  droppedOf.set(list, { length, indexes });
}

/** @returns whether the items of both are each other's, which both lists are changed for where items were left out */
export function align(a: unknown[], b: unknown[]): boolean {
  const ofA = droppedOf.get(a);
  const ofB = droppedOf.get(b);
  if (ofA === undefined && ofB === undefined) return a.length === b.length;
  const length = ofA?.length ?? a.length;
  if (length !== (ofB?.length ?? b.length)) return false;
  const dropped = new Set([...(ofA?.indexes ?? []), ...(ofB?.indexes ?? [])]);
  drop(a, ofA, dropped, length);
  drop(b, ofB, dropped, length);
  return true;
}

function drop(list: unknown[], before: Dropped | undefined, dropped: ReadonlySet<number>, length: number): void {
  const already = new Set(before?.indexes);
  const items: unknown[] = [];
  let next = 0;
  for (let index = 0; index < length; index++) {
    if (already.has(index)) continue;
    const item = list[next++];
    if (!dropped.has(index)) items.push(item);
  }
  list.splice(0, list.length, ...items);
  recordDropped(list, length, [...dropped]);
}
