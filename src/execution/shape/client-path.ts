/**
 * Translates a path in the data to the client's: its response keys instead of the normalised ones. Used for errors and
 * explanations only.
 */

import { type DataObject, type DataPath, isDataObject } from '../data/data.ts';
import type { ObjectShape, ObjectShapes } from './object-shape.ts';

/** The path up to where the client's selection ends: fields that only the plan requests have no client path. */
export function clientPath(root: ObjectShape, data: DataObject, path: DataPath): (string | number)[] {
  return clientPaths(root, data, path, 1)[0] ?? [];
}

/**
 * Every path a client has for the place, at most `most`: aliases of one field share its data and have a path each. Where
 * none leads to the place, the longest partial paths are returned.
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
  if (typeof step === 'number') return [[]]; // list indexes are consumed with their field, below
  const inner = isDataObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  let longest: (string | number)[][] = [[]];
  for (const shape of shapes) {
    for (const field of shape.fields) {
      if (field.dataKey !== step) continue;
      const indexes = indexesAt(path, index + 1);
      let item: unknown = inner;
      for (const place of indexes) item = Array.isArray(item) ? item[place] : undefined;
      const tails =
        field.inner === undefined
          ? [[]]
          : translate(shapesAt(field.inner, item), item, path, index + 1 + indexes.length, most);
      const length = 1 + indexes.length + (tails[0]?.length ?? 0);
      if (length < (longest[0]?.length ?? 0)) continue;
      if (length > (longest[0]?.length ?? 0)) longest = [];
      for (const tail of tails) if (longest.length < most) longest.push([field.responseKey, ...indexes, ...tail]);
      if (longest.length === most && length === path.length - index) return longest;
    }
  }
  return longest;
}

/** The type of a missing object is unknown: all shapes are tried. */
function shapesAt(shapes: ObjectShapes, value: unknown): Iterable<ObjectShape> {
  if (!isDataObject(value)) return shapes.all();
  const shape = shapes.shapeOf(value.__typename);
  return shape === undefined ? [] : [shape];
}

/** The list indexes from a step of the path on. */
function indexesAt(path: DataPath, from: number): number[] {
  const indexes: number[] = [];
  for (let index = from; typeof path[index] === 'number'; index++) indexes.push(path[index] as number);
  return indexes;
}
