/**
 * Formats of cache tags, as Apollo’s `@cacheTag(format:)` has them: `product-{$key.id}`, `search-{$args.filter.text}`; for
 * `@invalidates`, also `{$result.id}`. What is null is written as nothing; of a list, each item makes a tag of its own.
 */
import { hasSign, prefixesOf } from './tag-names.ts';

export type FormatSource = 'key' | 'args' | 'result';

export interface FormatReference {
  readonly source: FormatSource;
  readonly path: readonly string[];
}

export type TagFormat = readonly (string | FormatReference)[];

const reference = /^\$(key|args|result)((?:\.[A-Za-z_]\w*)+)$/;

/** @returns what is wrong, as a text, for a format that cannot be read */
export function parseTagFormat(text: string): TagFormat | string {
  const parts: (string | FormatReference)[] = [];
  let from = 0;
  for (let open = text.indexOf('{'); open !== -1; open = text.indexOf('{', from)) {
    const close = text.indexOf('}', open);
    if (close === -1) return `has a { without its }: "${text}"`;
    const inner = text.slice(open + 1, close).trim();
    const [, source, path] = reference.exec(inner) ?? [];
    if (source === undefined || path === undefined) return `has {${inner}}, which names nothing`;
    if (open > from) parts.push(text.slice(from, open));
    parts.push({ source: source as FormatSource, path: path.slice(1).split('.') });
    from = close + 1;
  }
  if (text.slice(from).includes('}')) return `has a } without its {: "${text}"`;
  if (from < text.length) parts.push(text.slice(from));
  return parts.length === 0 ? 'is empty' : parts;
}

export interface WrittenTags {
  readonly texts: readonly string[];
  /** How the tags begin of which something is not known. */
  readonly prefix: string | undefined;
}

/** The most tags that lists of one format make; the others are covered by the beginning that they share. */
const maxTexts = 200;

/** @param resolve `undefined` where it is not known */
export function writeTags(format: TagFormat, resolve: (reference: FormatReference) => unknown): WrittenTags {
  const single = writeSingle(format, resolve);
  if (single !== undefined) return { texts: [single], prefix: undefined };
  let texts = [''];
  for (const [index, part] of format.entries()) {
    const values = typeof part === 'string' ? [part] : textsOf(resolve(part));
    if (values === undefined || values.length * texts.length > maxTexts)
      return { texts: [], prefix: prefixOf(format, index) };
    texts = texts.flatMap((text) => values.map((value) => text + value));
  }
  return { texts, prefix: undefined };
}

/** Where all that is referred to is one text each, as it nearly always is. */
function writeSingle(format: TagFormat, resolve: (reference: FormatReference) => unknown): string | undefined {
  let text = '';
  for (const part of format) {
    const value = typeof part === 'string' ? part : resolve(part);
    if (typeof value === 'string') text += value;
    else if (typeof value === 'number' || typeof value === 'boolean') text += String(value);
    else return undefined;
  }
  return text;
}

/** The literal text before the part, where it is the first reference. */
function prefixOf(format: TagFormat, index: number): string {
  return index === 1 && typeof format[0] === 'string' ? format[0] : '';
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) {
    const texts = value.map(textsOf);
    return texts.some((inner) => inner === undefined) ? undefined : (texts as string[][]).flat();
  }
  return [value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)];
}

export interface ReadFormat {
  readonly parts: TagFormat;
  /** The tags of how its tags begin, where its own text says that up to their first sign. */
  readonly prefixes: readonly string[] | undefined;
}

/** The formats of a subgraph that have been read. */
export class TagFormats {
  readonly #subgraph: string;
  readonly #formats = new Map<string, ReadFormat>();

  constructor(subgraph: string) {
    this.#subgraph = subgraph;
  }

  of(text: string): ReadFormat {
    const cached = this.#formats.get(text);
    if (cached !== undefined) return cached;
    const parsed = parseTagFormat(text);
    // What cannot be read is refused at composition.
    const parts = typeof parsed === 'string' ? [] : parsed;
    const [first] = parts;
    const isEnough = typeof first === 'string' && (parts.length === 1 || hasSign(first));
    const prefixes = isEnough ? prefixesOf(this.#subgraph, first) : undefined;
    const format = { parts, prefixes };
    this.#formats.set(text, format);
    return format;
  }
}
