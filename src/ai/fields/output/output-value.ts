/**
 * Limits on the values of a model's answer: 100,000 characters per string, 1,000 items per list, 64 levels of free JSON.
 * Legitimate answers do not reach them.
 */

export const maxStringLength = 100_000;
export const maxListLength = 1_000;
export const maxDepth = 64;

/** Keys that could pollute a prototype when the object is merged later; they are dropped. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** @returns undefined if the text is too long. Lone surrogates become U+FFFD: a cache could not store them. */
export function boundedText(value: string): string | undefined {
  if (value.length > maxStringLength) return undefined;
  return value.isWellFormed() ? value : value.toWellFormed();
}

/** Copies JSON of any shape, with null prototypes. @returns undefined if it exceeds a limit */
export function freeJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || depth >= maxDepth) return undefined;
  return Array.isArray(value) ? freeList(value, depth) : freeObject(value as Readonly<Record<string, unknown>>, depth);
}

function freeList(values: readonly unknown[], depth: number): unknown[] | undefined {
  if (values.length > maxListLength) return undefined;
  const copy: unknown[] = [];
  for (const value of values) {
    const itemCopy = freeJson(value, depth + 1);
    if (itemCopy === undefined) return undefined;
    copy.push(itemCopy);
  }
  return copy;
}

function freeObject(object: Readonly<Record<string, unknown>>, depth: number): object | undefined {
  const keys = Object.keys(object);
  if (keys.length > maxListLength) return undefined;
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of keys) {
    if (prototypeKeys.has(key)) continue;
    const valueCopy = freeJson(object[key], depth + 1);
    if (valueCopy === undefined) return undefined;
    copy[key.toWellFormed()] = valueCopy;
  }
  return copy;
}
