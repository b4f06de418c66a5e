/**
 * Puts the values that were masked for a model back into its answer, for one reader: each only where the reader could select
 * the field it comes from. Other subgraphs that read the answer never get them.
 *
 * Nothing but the placeholders of this very question is replaced. Their tag is keyed and in none of the question's texts, so
 * neither the author of a text nor a model can make one up that stands for something; one of another item stays what it is.
 * A value is not put into a link either, where opening or only showing the answer would send it to whoever wrote the link.
 */
import { JsonLeaf, RestoredText } from '../../../lib/index.ts';
import type { ReaderView } from '../../../transport/index.ts';
import { type Placeholders, placeholderSpans } from '../../guardrails/index.ts';

export interface RestorableTexts {
  readonly placeholders: Placeholders;
  /** Whether the reader may read the value behind a placeholder wherever it was read. */
  isReadable(placeholder: string, reader: ReaderView): boolean;
}

/** What any tag looks like: most answers have none, and nothing has to be derived for them. */
const anyPlaceholder = /\[[A-Z0-9_]+_[a-z0-9]{6}\]/;

/** Longer values and more repetitions are not put back: an answer does not grow beyond this many characters. */
const maxShownLength = 1_000_000;

/** Replaces the texts of an answer in place. @returns the value, or what stands for it */
export function restoreTexts(value: unknown, texts: () => RestorableTexts, reader: ReaderView | undefined): unknown {
  if (typeof value === 'string') return anyPlaceholder.test(value) ? restored(value, texts(), reader) : value;
  if (value === null || typeof value !== 'object' || value instanceof JsonLeaf) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const inner = members[key];
    const text = restoreTexts(inner, texts, reader);
    if (text !== inner) members[key] = text;
  }
  return value;
}

function restored(
  text: string,
  { placeholders, isReadable }: RestorableTexts,
  reader: ReaderView | undefined,
): string | RestoredText {
  const { tail, values } = placeholders;
  if (tail === '' || !text.includes(tail)) return text;
  const withoutTags = (part: string): string => part.replaceAll(tail, ']');
  let original = '';
  let from = 0;
  for (const { start, end } of placeholderSpans(text, placeholders)) {
    const placeholder = text.slice(start, end);
    const value = values.get(placeholder) ?? '';
    if (reader === undefined || !isReadable(placeholder, reader) || isInLink(text, start)) continue;
    if (original.length + value.length > maxShownLength) break;
    original += withoutTags(text.slice(from, start)) + value;
    from = end;
  }
  const masked = withoutTags(text);
  return from === 0 ? masked : new RestoredText(masked, original + withoutTags(text.slice(from)));
}

/** How far back a link may begin. */
const maxLinkLength = 2_000;
const external = /[\\/]{2}|www\.|(?:javascript|vbscript|data):/i;

/** Within a URL, or behind one in the same tag or the same target `<…>`. */
function isInLink(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - maxLinkLength), at);
  let begin = before.length;
  while (begin > 0 && !/\s/.test(before.charAt(begin - 1))) begin--;
  if (external.test(before.slice(begin))) return true;
  const open = before.lastIndexOf('<');
  return open >= 0 && !before.includes('>', open) && external.test(before.slice(open));
}
