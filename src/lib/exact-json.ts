/**
 * JSON whose numbers are never changed. A JavaScript number holds 15 to 17 digits and exponents up to 308: what does not
 * fit (an integer beyond 2^53, a long decimal, `1e400`) is read as an {@link ExactNumber}, which `JSON.stringify` writes
 * digit for digit.
 *
 * Nearly no text has such a number, so it is looked for first. Looking at every sixteenth character finds each run of
 * sixteen digits; what it costs is an eighth of `JSON.parse`. Only then the slow way is taken, which keeps the source of
 * each number: 5 times as long.
 */

/** TypeScript's libraries do not have them yet (ECMAScript, "JSON.parse source text access"). */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** A number by its source text, where no JavaScript number is equal to it. Never changed once it is made. */
export class ExactNumber {
  readonly text: string;

  /** @param text a number as JSON writes it */
  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return json.rawJSON(this.text);
  }

  toString(): string {
    return this.text;
  }

  /** The nearest JavaScript number. */
  valueOf(): number {
    return Number(this.text);
  }

  /** As text wherever text is made of it; as a number where it is calculated with. */
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'number' ? Number(this.text) : this.text;
  }
}

export interface ExactJsonOptions {
  /**
   * Whether numbers with exponents are looked for, such as `1e400` and `1e-400`: a quarter of `JSON.parse` more.
   * @default true
   */
  readonly exponents?: boolean;
}

/** @throws SyntaxError, and RangeError for what is nested deeper than the stack goes and holds such a number */
export function parseExactJson(text: string, { exponents = true }: ExactJsonOptions = {}): unknown {
  return hasLongNumber(text) || (exponents && exponent.test(text)) ? json.parse(text, withSource) : JSON.parse(text);
}

/**
 * Three digits at least: with no more than fifteen before them, a smaller exponent is always within bounds. Followed by
 * what may follow a number: the digits of a UUID are in a text.
 */
const exponent = /\d[eE][+-]?\d{3,}(?![^\s,\]}])/;

/** A number of so many characters may have more digits than a JavaScript number keeps. */
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

/** Whether there is a number outside of a text that is long and not what JavaScript would write for it. */
function hasLongNumber(text: string): boolean {
  for (let index = longest; index < text.length; index += longest + 1) {
    if (!isOfNumber(text.charCodeAt(index))) continue;
    // A run of sixteen around this place reaches eight further on one side at least.
    if (!isOfNumber(text.charCodeAt(index + half)) && !isOfNumber(text.charCodeAt(index - half))) continue;
    let start = index;
    while (start > 0 && isOfNumber(text.charCodeAt(start - 1))) start--;
    let end = index + 1;
    while (end < text.length && isOfNumber(text.charCodeAt(end))) end++;
    if (end - start > longest && isWholeNumber(text, end)) {
      const whole = text.slice(start, end);
      if (hasExponent(text[end]) || String(Number(whole)) !== whole) return true;
    }
    index = end - 1; // what stands there ends the run, so the next one cannot begin before `end + 1`
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

/** What is in a text ends with a quotation mark, or with anything else that does not follow a number. */
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
 * The value with JavaScript numbers for exact ones, for whatever only understands those. The value itself where it has
 * none; never written into.
 */
export function withPlainNumbers(value: unknown, levels: number = deepest): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof ExactNumber) return Number(value.text);
  if (levels === 0) return value; // deeper than any type but a custom scalar's, which takes what it is
  if (Array.isArray(value)) {
    const items = value.map((item) => withPlainNumbers(item, levels - 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, withPlainNumbers(inner, levels - 1)] as const);
  const isSame = entries.every(([key, inner]) => inner === (value as Readonly<Record<string, unknown>>)[key]);
  // `Object.fromEntries` defines its properties: `__proto__` is one like any other.
  return isSame ? value : Object.fromEntries(entries);
}

/** A copy of JSON data that may hold exact numbers, which `structuredClone` takes apart. */
export function cloneJson<Value>(value: Value): Value {
  return clone(value) as Value;
}

function clone(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return value;
  if (Array.isArray(value)) return value.map(clone);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clone(inner)]));
}
