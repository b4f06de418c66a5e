/**
 * Finds the objects at a plan's path. Every object is visited once however many places share it; and objects that
 * stand for the same entity with the same content become one, so that whatever follows (representations, merging,
 * shaping) costs once per entity and not once per place.
 */
import { type DataObject, isDataObject } from './data.ts';

/**
 * @param shared whether one object may stand in several places; without it, nothing is looked up
 * @param visit gets each object, with where it stands; what it returns takes the object's place there
 */
export function collectEntities(
  root: DataObject,
  path: readonly string[],
  shared: boolean,
  visit: (entity: DataObject) => DataObject,
): void {
  const last = path.length - 1;
  if (last < 0) {
    visit(root);
    return;
  }
  let level: Iterable<unknown> = [root];
  for (let depth = 0; depth < last; depth++) {
    const step = path[depth] as string;
    const next: unknown[] = [];
    if (step === '@') {
      for (const value of level) {
        if (!Array.isArray(value)) continue;
        for (const item of value) if (item !== null) next.push(item);
      }
      level = next;
    } else {
      for (const value of level) {
        const inner = isDataObject(value) ? value[step] : undefined;
        if (inner !== null && inner !== undefined) next.push(inner);
      }
      // Lists are the values of keys, so what stands in several places is met here and not again below.
      level = shared ? new Set(next) : next;
    }
  }
  const step = path[last] as string;
  if (step === '@') {
    for (const value of level) {
      if (!Array.isArray(value)) continue;
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index];
        if (isDataObject(item)) value[index] = visit(item);
      }
    }
  } else {
    for (const value of level) {
      const inner = isDataObject(value) ? value[step] : undefined;
      if (isDataObject(inner)) (value as DataObject)[step] = visit(inner);
    }
  }
}

/** Whether two objects hold the same leaves and nothing else; anything nested must be the very same. */
export function haveSameContent(a: DataObject, b: DataObject): boolean {
  let count = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    count++;
  }
  for (const _key in b) count--;
  return count === 0;
}
