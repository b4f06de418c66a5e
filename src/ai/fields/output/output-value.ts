/**
 * Single values of a model's answer, held to bounds that no honest answer meets: 100,000 characters a string, 1,000 items
 * a list, 64 levels of free JSON.
 */

export const maxStringLength = 100_000;
export const maxListLength = 1_000;
export const maxDepth = 64;

/** Keys that reach a prototype when someone later merges the object; no free JSON needs them. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** @returns undefined for what is too long. Half a surrogate pair would not survive a cache: it becomes U+FFFD. */
export function boundedText(value: string): string | undefined {
  if (value.length > maxStringLength) return undefined;
  return value.isWellFormed() ? value : value.toWellFormed();
}

/** A copy of JSON of any shape, without prototypes. @returns undefined where it exceeds a bound */
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
