/**
 * Finds the objects at a plan's path. Every object is visited once however many places share it; and objects that
 * stand for the same entity with the same content become one, so that whatever follows (representations, merging,
 * shaping) costs once per entity and not once per place.
 */
import { type DataObject, isDataObject } from './data.ts';

/** @param visit gets each object once, with where it stands; what it returns takes the object's place there */
export function collectEntities(
  root: DataObject,
  path: readonly string[],
  visit: (entity: DataObject) => DataObject,
): void {
  let level: Set<unknown> = new Set([root]);
  const last = path.length - 1;
  if (last < 0) {
    visit(root);
    return;
  }
  for (let depth = 0; depth < last; depth++) {
    const step = path[depth] as string;
    const next = new Set<unknown>();
    for (const value of level) {
      if (step === '@') {
        if (Array.isArray(value)) for (const item of value) if (item !== null) next.add(item);
      } else if (isDataObject(value)) {
        const inner = value[step];
        if (inner !== null && inner !== undefined) next.add(inner);
      }
    }
    level = next;
  }
  const step = path[last] as string;
  for (const value of level) {
    if (step === '@') {
      if (!Array.isArray(value)) continue;
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index];
        if (isDataObject(item)) value[index] = visit(item);
      }
    } else if (isDataObject(value)) {
      const inner = value[step];
      if (isDataObject(inner)) value[step] = visit(inner);
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
