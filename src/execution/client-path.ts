/**
 * Translates a place in the data into the path a client knows: its own response keys instead of the normalised ones.
 * Only walked for errors.
 */
import type { ObjectShape, ObjectShapes } from './compile-shape.ts';
import { type DataObject, type DataPath, isDataObject } from './data.ts';

/** The path up to where the client's selection ends: what only the plan asked for is not shown. */
export function clientPath(root: ObjectShape, data: DataObject, path: DataPath): (string | number)[] {
  return translate(root, undefined, data, path, 0);
}

/** Of several aliases of one field, the one under which most of the path was asked for. */
function translate(
  shape: ObjectShape | undefined,
  shapes: ObjectShapes | undefined,
  value: unknown,
  path: DataPath,
  index: number,
): (string | number)[] {
  const step = path[index];
  if (step === undefined) return [];
  if (typeof step === 'number') {
    const rest = translate(shape, shapes, Array.isArray(value) ? value[step] : undefined, path, index + 1);
    return [step, ...rest];
  }
  const here = shapes === undefined ? shape : shapes.shapeOf(isDataObject(value) ? value.__typename : undefined);
  const inner = isDataObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  let longest: (string | number)[] = [];
  for (const field of here?.fields ?? []) {
    if (field.dataKey !== step) continue;
    // Below a leaf there are only places in its lists.
    const rest =
      field.inner === undefined ? placesOf(path, index + 1) : translate(undefined, field.inner, inner, path, index + 1);
    if (rest.length + 1 > longest.length) longest = [field.responseKey, ...rest];
    if (longest.length === path.length - index) break;
  }
  return longest;
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
  const steps: (string | number)[] = [];
  search(root, 0);
  return places;

  function search(value: unknown, depth: number): void {
    if (depth === path.length) {
      if (value === wanted) places.push([...steps]);
      return;
    }
    const step = path[depth] as string;
    if (step !== '@') {
      if (isDataObject(value)) enter(value[step], step, depth);
      return;
    }
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length && places.length < most; index++) enter(value[index], index, depth);
  }

  function enter(value: unknown, step: string | number, depth: number): void {
    steps.push(step);
    search(value, depth + 1);
    steps.pop();
  }
}
