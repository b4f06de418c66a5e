/** Where two JSON values differ first; undefined where they are equal. The order of keys does not matter. */
export function firstDifference(
  a: unknown,
  b: unknown,
  path: readonly (string | number)[] = [],
): readonly (string | number)[] | undefined {
  if (a === b) return undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return String(a) === String(b) && typeof a === typeof b ? undefined : path;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return path;
    for (let index = 0; index < a.length; index++) {
      const difference = firstDifference(a[index], b[index], [...path, index]);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (!isPlain(a) || !isPlain(b)) return JSON.stringify(a) === JSON.stringify(b) ? undefined : path;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const difference = firstDifference(a[key], b[key], [...path, key]);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isPlain(value: object): value is Record<string, unknown> {
  return Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
}
