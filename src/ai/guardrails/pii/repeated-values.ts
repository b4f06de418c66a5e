/**
 * Masked values that stand in what a model said before. They were put back in its answer, and where the answer goes into
 * the next request (a repair, a conversation that goes on) they may stand without what gave them away: `password:` is
 * not repeated with the password. In JSON text they are escaped.
 */
import type { Span } from '../finding.ts';

/** A span with the value it stands for, where that is not the text itself. */
export type MaskedSpan = Span & { readonly value?: string };

/** Shorter values are too likely to be words of their own. */
const shortest = 4;

/** Values that are looked for, the longest first: 256 in a megabyte take some 50 ms. */
const mostValues = 256;

/**
 * @param masked the values that were masked anywhere in the call, each with a span of it
 * @returns the text's own spans and those of the values, sorted
 */
export function withRepeats(
  text: string,
  spans: readonly Span[],
  masked: ReadonlyMap<string, Span>,
): readonly MaskedSpan[] {
  // The longest first: a name that is part of an address does not take it apart.
  const values = [...masked].filter(([value]) => value.length >= shortest).sort(([a], [b]) => b.length - a.length);
  let all: MaskedSpan[] | undefined;
  let covered: Uint8Array | undefined;
  for (const [value, span] of values.slice(0, mostValues)) {
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

/** A byte for each character, 1 where a span is. */
function placesOf(text: string, spans: readonly Span[]): Uint8Array {
  const places = new Uint8Array(text.length);
  for (const { start, end } of spans) places.fill(1, start, end);
  return places;
}
