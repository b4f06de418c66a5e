/**
 * Cuts the input of a prompt where it is too long for one call: the longest text or list of its variables, and never the
 * prompt's own words. A list is cut between items, a text at the end of a paragraph, a sentence or a word.
 */
import type { Inputs } from './sensitive.ts';

/** Whether the prompt with these values is short enough. */
export type Fits = (values: Inputs) => boolean;

interface Longest {
  readonly path: readonly (string | number)[];
  readonly value: string | readonly unknown[];
}

/** @returns undefined where the prompt is too long however much is cut */
export function truncate(values: Inputs, fits: Fits, maxTokens: number): Inputs | undefined {
  let current = values;
  for (;;) {
    const longest = longestOf(current);
    if (longest === undefined) return undefined;
    const withPart = (length: number): Inputs => replaced(current, longest.path, longest.value.slice(0, length));
    if (fits(withPart(0))) {
      const count = longestPrefix(longest.value, maxTokens, (length) => fits(withPart(length)));
      return withPart(count);
    }
    // It is too long without it: the next longest is cut as well.
    current = withPart(0);
  }
}

/** @returns values for each part, at most `maxParts`; undefined where they would be more, or the prompt is too long by itself */
export function split(values: Inputs, fits: Fits, maxTokens: number, maxParts: number): readonly Inputs[] | undefined {
  const parts: Inputs[] = [];
  const pending = [values];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (parts.length + pending.length >= maxParts) return undefined;
    if (fits(next)) {
      parts.push(next);
      continue;
    }
    const longest = longestOf(next);
    if (longest === undefined) return undefined;
    const { path, value } = longest;
    const source = next;
    const withPart = (from: number, to?: number): Inputs => replaced(source, path, value.slice(from, to));
    const count = longestPrefix(value, maxTokens, (length) => fits(withPart(0, length)));
    // One item alone is too long: it is cut in turn.
    const length = count === 0 && typeof value !== 'string' ? 1 : count;
    if (length === 0) return undefined;
    pending.push(withPart(length), withPart(0, length));
  }
  return parts;
}

/** The values without what is cut. */
export function withoutLongest(values: Inputs): Inputs {
  const longest = longestOf(values);
  return longest === undefined ? values : replaced(values, longest.path, longest.value.slice(0, 0));
}

/** The text, or the list of several items, that most of the values' length is in; undefined: nothing can be cut. */
function longestOf(values: Inputs): Longest | undefined {
  const path: (string | number)[] = [];
  let value: unknown = values;
  for (;;) {
    if (typeof value === 'string') return value === '' ? undefined : { path, value };
    if (value === null || typeof value !== 'object') return undefined;
    if (Array.isArray(value) && value.length > 1) return { path, value };
    let longest: readonly [string | number, unknown] | undefined;
    let longestLength = 0;
    for (const [key, inner] of Object.entries(value)) {
      const length = lengthOf(inner);
      if (length > longestLength) {
        longest = [Array.isArray(value) ? Number(key) : key, inner];
        longestLength = length;
      }
    }
    if (longest === undefined) return undefined;
    path.push(longest[0]);
    value = longest[1];
  }
}

/** Of what can be cut. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 0;
  let length = Array.isArray(value) ? value.length : 0;
  for (const inner of Object.values(value)) length += lengthOf(inner);
  return length;
}

function replaced(values: Inputs, [key, ...path]: readonly (string | number)[], value: unknown): Inputs {
  if (key === undefined) return value as Inputs;
  const copy = (Array.isArray(values) ? [...values] : { ...values }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key] as Inputs, path, value);
  return copy as Inputs;
}

/** A token is estimated at no more than four characters: a longer prefix never fits. */
const charactersPerToken = 4;

/** How much of it fits, found by halving; 0: nothing of it. */
function longestPrefix(
  value: string | readonly unknown[],
  maxTokens: number,
  fits: (length: number) => boolean,
): number {
  let least = 0;
  let most = typeof value === 'string' ? Math.min(value.length, maxTokens * charactersPerToken) : value.length;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return typeof value === 'string' ? endOfPhrase(value, least) : least;
}

/** The last end of a paragraph, a sentence or a word in the second half of the prefix. */
function endOfPhrase(text: string, length: number): number {
  if (length === 0 || length >= text.length) return length;
  const prefix = text.slice(0, length);
  for (const mark of ['\n\n', '\n', '. ', ' ']) {
    const end = prefix.lastIndexOf(mark);
    if (end >= length / 2) return end + mark.length;
  }
  const isHighSurrogate = (text.charCodeAt(length - 1) & 0xfc00) === 0xd800;
  return isHighSurrogate && length > 1 ? length - 1 : length;
}
