/**
 * Placeholders: replace personal data while a model reads a text; the values are restored in its answer.
 *
 * `[EMAIL_1_k3q9x2]`: the kind, a number, and a tag of the call. The tag is keyed (HMAC-SHA-256 of the masked values
 * under a key of this gateway), so the author of a text cannot predict it, and a provider learns nothing about the
 * values from it; and it is chosen so that no text of the call contains it. So texts in the form of placeholders are
 * not mistaken for them. Equal calls have equal placeholders, which lets their answers be cached and shared.
 */
import { createHmac } from 'node:crypto';

export interface Placeholders {
  /** The original of each placeholder. */
  readonly values: ReadonlyMap<string, string>;
  /** The common suffix of the placeholders: `_k3q9x2]`. Empty if there are none. */
  readonly tail: string;
  /**
   * Placeholders that only occur in some items of the call, with their items: they are not restored in other items'
   * answers.
   */
  readonly scopes: ReadonlyMap<string, ReadonlySet<string>>;
}

export const noPlaceholders: Placeholders = Object.freeze({ values: new Map(), tail: '', scopes: new Map() });

/** The maximum length of a placeholder: the longest name, a number and the tag. */
const maxLength = 64;

/** Creates the placeholders of one call. All values must be added before the first is read: the tag depends on them. */
export class PlaceholderMint {
  readonly #key: Uint8Array;
  readonly #texts: readonly string[];
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  /** The items of each value; `undefined` among them: the texts that all items share. */
  readonly #scopes = new Map<string, Set<string | undefined>>();

  constructor(key: Uint8Array, texts: readonly string[]) {
    this.#key = key;
    this.#texts = texts;
  }

  /** Equal values of one kind have one placeholder. @param scope the item whose text has the value */
  name(kind: string, value: string, scope?: string): void {
    const key = `${kind}\n${value}`;
    const scopes = this.#scopes.get(key);
    if (scopes === undefined) this.#scopes.set(key, new Set([scope]));
    else scopes.add(scope);
    if (this.#names.has(key)) return;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    this.#names.set(key, `[${kind.toUpperCase()}_${number}`);
  }

  mint(): { readonly placeholders: Placeholders; readonly of: (kind: string, value: string) => string } {
    const tail = this.#tail();
    const values = new Map<string, string>();
    const tags = new Map<string, string>();
    const scopes = new Map<string, ReadonlySet<string>>();
    for (const [key, name] of this.#names) {
      const placeholder = `${name}${tail}`;
      tags.set(key, placeholder);
      values.set(placeholder, key.slice(key.indexOf('\n') + 1));
      const entry = this.#scopes.get(key);
      if (entry !== undefined && !entry.has(undefined)) scopes.set(placeholder, entry as ReadonlySet<string>);
    }
    return { placeholders: { values, tail, scopes }, of: (kind, value) => tags.get(`${kind}\n${value}`) ?? '' };
  }

  #tail(): string {
    const digest = createHmac('sha256', this.#key).update([...this.#names.keys()].join('\0'));
    for (let value = digest.digest(), round = 0; ; round += 1) {
      const tag = letters(value);
      if (!this.#texts.some((text) => text.includes(tag))) return `_${tag}]`;
      value = createHmac('sha256', this.#key).update(value).update(String(round)).digest();
    }
  }
}

/** Six letters and digits, about 30 bits; the letters come first so that it is not read as a number. */
function letters(digest: Uint8Array): string {
  const alphabet = 'bcdfghjkmnpqrstvwxz23456789';
  let tag = '';
  for (let index = 0; index < 6; index += 1) tag += alphabet[(digest[index] ?? 0) % (index % 2 === 0 ? 19 : 27)];
  return tag;
}

/** The positions of the call's placeholders in a text, in order. */
export function placeholderSpans(text: string, { values, tail }: Placeholders): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  if (tail === '') return spans;
  let from = 0;
  for (let at = text.indexOf(tail); at >= 0; at = text.indexOf(tail, at + tail.length)) {
    const end = at + tail.length;
    const start = text.lastIndexOf('[', at);
    if (start < from || end - start > maxLength || !values.has(text.slice(start, end))) continue;
    spans.push({ start, end });
    from = end;
  }
  return spans;
}

/** Restores the originals. In JSON text they are escaped for their string. */
export function restorePlaceholders(text: string, placeholders: Placeholders, form: 'text' | 'json'): string {
  const spans = placeholderSpans(text, placeholders);
  if (spans.length === 0) return text;
  let restored = '';
  let from = 0;
  for (const { start, end } of spans) {
    const original = placeholders.values.get(text.slice(start, end)) ?? '';
    restored += text.slice(from, start);
    restored += form === 'json' ? JSON.stringify(original).slice(1, -1) : original;
    from = end;
  }
  return restored + text.slice(from);
}
