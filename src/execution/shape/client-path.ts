/**
 * Translates a place in the data into the path a client knows: its own response keys instead of the normalised ones.
 * Only walked for errors.
 */

import { type DataObject, type DataPath, isDataObject } from '../data/data.ts';
import type { ObjectShape, ObjectShapes } from './compile-shape.ts';

/** The path up to where the client's selection ends: what only the plan asked for is not shown. */
export function clientPath(root: ObjectShape, data: DataObject, path: DataPath): (string | number)[] {
  return clientPaths(root, data, path, 1)[0] ?? [];
}

/**
 * Every path a client has for the place, at most `most`: aliases of one field share its data and each have their own. Of
 * several that do not lead all the way, those under which most of the path was asked for.
 */
export function clientPaths(
  root: ObjectShape,
  data: DataObject,
  path: DataPath,
  most: number,
): readonly (string | number)[][] {
  return translate([root], data, path, 0, most);
}

function translate(
  shapes: Iterable<ObjectShape>,
  value: unknown,
  path: DataPath,
  index: number,
  most: number,
): readonly (string | number)[][] {
  const step = path[index];
  if (step === undefined) return [[]];
  if (typeof step === 'number') return [[]]; // only a field has items: its own places are walked below it
  const inner = isDataObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  let longest: (string | number)[][] = [[]];
  for (const shape of shapes) {
    for (const field of shape.fields) {
      if (field.dataKey !== step) continue;
      const places = placesOf(path, index + 1);
      let item: unknown = inner;
      for (const place of places) item = Array.isArray(item) ? item[place] : undefined;
      const rests =
        field.inner === undefined
          ? [[]]
          : translate(shapesAt(field.inner, item), item, path, index + 1 + places.length, most);
      const length = 1 + places.length + (rests[0]?.length ?? 0);
      if (length < (longest[0]?.length ?? 0)) continue;
      if (length > (longest[0]?.length ?? 0)) longest = [];
      for (const rest of rests) if (longest.length < most) longest.push([field.responseKey, ...places, ...rest]);
      if (longest.length === most && length === path.length - index) return longest;
    }
  }
  return longest;
}

/** Of what is not there nobody knows the type: it may have been any. */
function shapesAt(shapes: ObjectShapes, value: unknown): Iterable<ObjectShape> {
  if (!isDataObject(value)) return shapes.all();
  const shape = shapes.shapeOf(value.__typename);
  return shape === undefined ? [] : [shape];
}

function placesOf(path: DataPath, from: number): number[] {
  const places: number[] = [];
  for (let index = from; typeof path[index] === 'number'; index++) places.push(path[index] as number);
  return places;
}

/** Where an object first stands, by the path of keys and `@` that leads to it. */
export function findObject(root: DataObject, path: readonly string[], wanted: DataObject): DataPath | undefined {
  return findPlaces(root, path, wanted, 1)[0];
}

/** Where an object stands, at most `most` places, by the path of keys and `@` that leads to it. */
export function findPlaces(root: DataObject, path: readonly string[], wanted: DataObject, most: number): DataPath[] {
  const places: DataPath[] = [];
  walkPath(root, path, (object, steps) => {
    if (object === wanted) places.push([...steps]);
    return places.length < most;
  });
  return places;
}

/** Where each of several objects stands, in one walk of each path; of all together at most `most` places. */
export function placesOfEach(
  root: DataObject,
  paths: Iterable<readonly string[]>,
  wanted: ReadonlySet<DataObject>,
  most: number,
): ReadonlyMap<DataObject, readonly DataPath[]> {
  const places = new Map<DataObject, DataPath[]>();
  let count = 0;
  for (const path of paths) {
    walkPath(root, path, (object, steps) => {
      if (wanted.has(object)) {
        const known = places.get(object);
        if (known === undefined) places.set(object, [[...steps]]);
        else known.push([...steps]);
        count++;
      }
      return count < most;
    });
  }
  return places;
}

/** @param visit gets each object at the path with the steps to it; the walk ends where it returns false */
function walkPath(
  root: DataObject,
  path: readonly string[],
  visit: (object: DataObject, steps: readonly (string | number)[]) => boolean,
): void {
  const steps: (string | number)[] = [];
  let goesOn = true;
  search(root, 0);

  function search(value: unknown, depth: number): void {
    if (depth === path.length) {
      if (isDataObject(value)) goesOn = visit(value, steps);
      return;
    }
    const step = path[depth] as string;
    if (step !== '@') {
      if (isDataObject(value)) enter(value[step], step, depth);
      return;
    }
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length && goesOn; index++) enter(value[index], index, depth);
  }

  function enter(value: unknown, step: string | number, depth: number): void {
    steps.push(step);
    search(value, depth + 1);
    steps.pop();
  }
}
