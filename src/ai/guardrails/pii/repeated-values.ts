/**
 * Finds masked values again in earlier model output. They were restored in its answer, and if the answer is part of the
 * next request (a repair, a conversation) they may occur without the context that identified them: `password:` is not
 * repeated with the password. In JSON text they are escaped.
 */
import type { Span } from '../finding.ts';

/** A span with its value, if that differs from the text itself. */
export type MaskedSpan = Span & { readonly value?: string };

/** Shorter values are too likely to be ordinary words. */
const shortest = 4;

/** The bound of values to search for, the longest first: 256 in a megabyte take some 50 ms. */
const maxValues = 256;

/**
 * @param masked the values that were masked anywhere in the call, each with a span of it
 * @returns the text's own spans and those of the values, sorted
 */
export function withRepeats(
  text: string,
  spans: readonly Span[],
  masked: ReadonlyMap<string, Span>,
): readonly MaskedSpan[] {
  // The longest first: a name inside an address must not split it.
  const values = [...masked].filter(([value]) => value.length >= shortest).sort(([a], [b]) => b.length - a.length);
  let all: MaskedSpan[] | undefined;
  let covered: Uint8Array | undefined;
  for (const [value, span] of values.slice(0, maxValues)) {
    for (const form of new Set([value, JSON.stringify(value).slice(1, -1)])) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
        covered ??= placesOf(text, spans);
        const end = at + form.length;
        if (covered.subarray(at, end).includes(1)) continue;
        covered.fill(1, at, end);
        all ??= [...spans];
        all.push({ ...span, start: at, end, value });
      }
    }
  }
  return all === undefined ? spans : all.sort((a, b) => a.start - b.start);
}

/** A byte for each character, 1 inside a span. */
function placesOf(text: string, spans: readonly Span[]): Uint8Array {
  const places = new Uint8Array(text.length);
  for (const { start, end } of spans) places.fill(1, start, end);
  return places;
}
