/**
 * Finds the objects at a plan's path. An object at several places is visited once, and the visitor may replace objects of
 * equal content by one: later steps (representations, merging, shaping) then cost once per entity, not once per place.
 */
import { type DataObject, isDataObject } from './data.ts';

/**
 * @param shared whether an object may be at several places; if not, duplicates are not looked for
 * @param visit called with each object; the object it returns is put in that place
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
      // Lists are values of keys: duplicates can only be introduced here.
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

/** Whether two objects have the same keys and values; nested values must be identical, not only equal. */
export function haveSameContent(a: DataObject, b: DataObject): boolean {
  let count = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    count++;
  }
  for (const _key in b) count--;
  return count === 0;
}
