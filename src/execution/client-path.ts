/**
 * Translates a place in the data into the path a client knows: its own response keys instead of the normalised ones.
 * Only walked for errors.
 */
import type { ObjectShape, ObjectShapes } from './compile-shape.ts';
import { type DataObject, type DataPath, isDataObject } from './data.ts';

/** The path up to where the client's selection ends: what only the plan asked for is not shown. */
export function clientPath(root: ObjectShape, data: DataObject, path: DataPath): (string | number)[] {
  const translated: (string | number)[] = [];
  let value: unknown = data;
  let shape: ObjectShape | undefined = root;
  let shapes: ObjectShapes | undefined;
  for (const step of path) {
    if (typeof step === 'number') {
      value = Array.isArray(value) ? value[step] : undefined;
      translated.push(step);
      continue;
    }
    shape = shapes === undefined ? shape : shapes.shapeOf(isDataObject(value) ? value.__typename : undefined);
    const field = shape?.fields.find((one) => one.dataKey === step);
    if (field === undefined) break;
    translated.push(field.responseKey);
    shapes = field.inner;
    value = isDataObject(value) ? value[step] : undefined;
    if (shapes === undefined) break;
  }
  return translated;
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
