/** Finds the places of objects in the data. Used for errors and explanations only. */
import { type DataObject, type DataPath, isDataObject } from './data.ts';

/** The first place of an object, along a path of keys and `@`. */
export function findObject(root: DataObject, path: readonly string[], target: DataObject): DataPath | undefined {
  return findPlaces(root, path, target, 1)[0];
}

/** The places of an object along a path of keys and `@`, at most `most`. */
export function findPlaces(root: DataObject, path: readonly string[], target: DataObject, most: number): DataPath[] {
  const places: DataPath[] = [];
  walkPath(root, path, (object, steps) => {
    if (object === target) places.push([...steps]);
    return places.length < most;
  });
  return places;
}

/** The places of each of several objects, in one walk of each path; at most `most` in all. */
export function placesOfEach(
  root: DataObject,
  paths: Iterable<readonly string[]>,
  targets: ReadonlySet<DataObject>,
  most: number,
): ReadonlyMap<DataObject, readonly DataPath[]> {
  const places = new Map<DataObject, DataPath[]>();
  let count = 0;
  for (const path of paths) {
    walkPath(root, path, (object, steps) => {
      if (targets.has(object)) {
        const paths = places.get(object);
        if (paths === undefined) places.set(object, [[...steps]]);
        else paths.push([...steps]);
        count++;
      }
      return count < most;
    });
  }
  return places;
}

/** @param visit called with each object at the path and the steps to it; returning false ends the walk */
export function walkPath(
  root: DataObject,
  path: readonly string[],
  visit: (object: DataObject, steps: readonly (string | number)[]) => boolean,
): void {
  const steps: (string | number)[] = [];
  let continues = true;
  search(root, 0);

  function search(value: unknown, depth: number): void {
    if (depth === path.length) {
      if (isDataObject(value)) continues = visit(value, steps);
      return;
    }
    const step = path[depth] as string;
    if (step !== '@') {
      if (isDataObject(value)) enter(value[step], step, depth);
      return;
    }
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length && continues; index++) enter(value[index], index, depth);
  }

  function enter(value: unknown, step: string | number, depth: number): void {
    steps.push(step);
    search(value, depth + 1);
    steps.pop();
  }
}
