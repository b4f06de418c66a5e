/**
 * JSON parsing without loss of precision. A JavaScript number has 15 to 17 digits and exponents up to 308: other
 * numbers (an integer beyond 2^53, a long decimal, `1e400`) are parsed as {@link ExactNumber}, which `JSON.stringify`
 * writes digit for digit.
 *
 * Very few texts have such a number, so the text is scanned for one first. Testing every sixteenth character finds each
 * run of sixteen digits, at an eighth of the cost of `JSON.parse`. Only if there is one, the slow parser is used, which
 * keeps the source text of each number: 5 times the cost.
 */

import { JsonLeaf } from './json-leaf.ts';

/** Not yet in TypeScript's libraries (ECMAScript, "JSON.parse source text access"). */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** A number as its source text, for numbers that no JavaScript number equals. Immutable. */
export class ExactNumber extends JsonLeaf {
  readonly text: string;

  /** @param text a JSON number */
  constructor(text: string) {
    super();
    this.text = text;
  }

  override toJSON(): unknown {
    return json.rawJSON(this.text);
  }

  override toString(): string {
    return this.text;
  }

  /** The nearest JavaScript number. */
  override valueOf(): number {
    return Number(this.text);
  }

  /** Converts to text for strings, to a number for arithmetic. */
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'number' ? Number(this.text) : this.text;
  }
}

export interface ExactJsonOptions {
  /**
   * Whether numbers with large exponents are detected too, such as `1e400` and `1e-400`: a quarter of `JSON.parse`
   * more.
   * @default true
   */
  readonly exponents?: boolean;
}

/** @throws SyntaxError, and RangeError for a text with such a number that is nested deeper than the stack allows */
export function parseExactJson(text: string, { exponents = true }: ExactJsonOptions = {}): unknown {
  return hasLongNumber(text) || (exponents && exponent.test(text)) ? json.parse(text, withSource) : JSON.parse(text);
}

/**
 * At least three exponent digits: with at most fifteen digits before them, a smaller exponent is always within bounds.
 * Followed by a character that may follow a number: the digits of a UUID are inside a string.
 */
const exponent = /\d[eE][+-]?\d{3,}(?![^\s,\]}])/;

/** A number of so many characters may exceed the precision of a JavaScript number. */
const longest = 15;
const half = 8;

function withSource(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && isInexact(source, value)
    ? new ExactNumber(source)
    : value;
}

function isInexact(source: string, value: number): boolean {
  return (source.length > longest || exponent.test(source)) && String(value) !== source;
}

/** Whether there is a long number outside a string that differs from its JavaScript form. */
function hasLongNumber(text: string): boolean {
  for (let index = longest; index < text.length; index += longest + 1) {
    if (!isOfNumber(text.charCodeAt(index))) continue;
    // A run of sixteen around this position extends at least eight further on one side.
    if (!isOfNumber(text.charCodeAt(index + half)) && !isOfNumber(text.charCodeAt(index - half))) continue;
    let start = index;
    while (start > 0 && isOfNumber(text.charCodeAt(start - 1))) start--;
    let end = index + 1;
    while (end < text.length && isOfNumber(text.charCodeAt(end))) end++;
    if (end - start > longest && isWholeNumber(text, end)) {
      const whole = text.slice(start, end);
      if (hasExponent(text[end]) || String(Number(whole)) !== whole) return true;
    }
    index = end - 1; // the character at `end` ends the run, so the next run begins after it
  }
  return false;
}

/** A digit or a point. */
function isOfNumber(code: number): boolean {
  return code <= 57 && code >= 46 && code !== 47;
}

function hasExponent(next: string | undefined): boolean {
  return next === 'e' || next === 'E';
}

/**
 * A number-like text inside a string is followed by a quotation mark, or by another character that cannot follow a
 * number.
 */
function isWholeNumber(text: string, end: number): boolean {
  switch (text[end]) {
    case ',':
    case ']':
    case '}':
    case 'e':
    case 'E':
    case ' ':
    case '\n':
    case '\r':
    case '\t':
    case undefined:
      return true;
    default:
      return false;
  }
}

const deepest = 500;

/**
 * Replaces exact numbers by JavaScript numbers, for code that only supports those. Returns the value itself if it has
 * none; the input is not modified.
 */
export function withPlainNumbers(value: unknown, levels: number = deepest): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof JsonLeaf) return value instanceof ExactNumber ? Number(value.text) : value;
  if (levels === 0) return value; // deeper than any type except a custom scalar's, which accepts both
  if (Array.isArray(value)) {
    const items = value.map((item) => withPlainNumbers(item, levels - 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, withPlainNumbers(inner, levels - 1)] as const);
  const isSame = entries.every(([key, inner]) => inner === (value as Readonly<Record<string, unknown>>)[key]);
  // `Object.fromEntries` defines own properties, also for `__proto__`.
  return isSame ? value : Object.fromEntries(entries);
}

/** A copy of JSON data that may contain exact numbers, which `structuredClone` does not preserve. */
export function cloneJson<Value>(value: Value): Value {
  return clone(value) as Value;
}

/** Spread copies an object of a known shape at once: with `Object.fromEntries`, an entity of ten fields took six times as long. */
function clone(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = new Array<unknown>(value.length);
    for (let index = 0; index < value.length; index++) items[index] = clone(value[index]);
    return items;
  }
  if (value instanceof JsonLeaf) return value;
  // Own properties are defined, also `__proto__`, and then assigned as own ones.
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) {
    const inner = copy[key];
    if (typeof inner === 'object' && inner !== null) copy[key] = clone(inner);
  }
  return copy;
}
