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
    const rest = field.inner === undefined ? [] : translate(undefined, field.inner, inner, path, index + 1);
    if (rest.length + 1 > longest.length) longest = [field.responseKey, ...rest];
    if (longest.length === path.length - index) break;
  }
  return longest;
}

/** Where an object first stands, by the path of keys and `@` that leads to it. */
export function findObject(root: DataObject, path: readonly string[], wanted: DataObject): DataPath | undefined {
  const steps: (string | number)[] = [];
  return search(root, 0) ? steps : undefined;

  function search(value: unknown, depth: number): boolean {
    if (depth === path.length) return value === wanted;
    const step = path[depth] as string;
    if (step === '@') {
      if (!Array.isArray(value)) return false;
      for (let index = 0; index < value.length; index++) {
        steps.push(index);
        if (search(value[index], depth + 1)) return true;
        steps.pop();
      }
      return false;
    }
    if (!isDataObject(value)) return false;
    steps.push(step);
    if (search(value[step], depth + 1)) return true;
    steps.pop();
    return false;
  }
}
