/**
 * Reads a JSON answer from its bytes. A long list is read in pieces: its text as a whole would take two bytes for every
 * character as soon as one is beyond latin1, would leave the processor's caches before it is parsed, and would be garbage
 * of some megabytes (half of the time of parsing 5,000 entities).
 *
 * Where a piece may end: in JSON, `},{"` followed by a letter is never inside a string, because a quotation mark that ends
 * one is followed by none. A place inside an item's own lists leaves braces open, which JSON.parse refuses: then, as for
 * every other form of text, all of it is read at once.
 */
import { type ExactJsonOptions, parseExactJson } from './exact-json.ts';
import { parseExactAnswer } from './parse-json-answer.ts';

const longBytes = 131_072;
const pieceBytes = 16_384;
/** A field's list of objects that is all of an answer's data. */
const head = /^\{"data":\{"([A-Za-z]\w*|_\w*[A-Za-z]\w*)":\[(?=\{"[A-Za-z_])/;
const headBytes = 512;
const tail = '}]}}';
const comma = 0x2c;
const opening = 0x5b;
const closing = 0x5d;

/**
 * @param bytes written into meanwhile; as they were once it returns
 * @throws SyntaxError, and RangeError (see {@link parseExactJson})
 */
export function parseExactBytes(bytes: Buffer, options?: ExactJsonOptions): unknown {
  return (
    (bytes.length > longBytes ? parseList(bytes, options) : undefined) ??
    parseExactAnswer(bytes.toString('utf8'), options)
  );
}

/** @returns undefined where it is not one long list, or cannot be read in pieces */
function parseList(bytes: Buffer, options: ExactJsonOptions | undefined): unknown {
  const [matched, key] = head.exec(bytes.toString('latin1', 0, headBytes)) ?? [];
  if (matched === undefined || key === undefined || bytes.toString('latin1', bytes.length - tail.length) !== tail)
    return undefined;
  const end = bytes.length - tail.length + 1;
  const boundary = Buffer.from(`},${firstKeyOf(bytes, matched.length)}`, 'latin1');
  const list: unknown[] = [];
  for (let from = matched.length; from < end; ) {
    let to = from + pieceBytes < end ? bytes.indexOf(boundary, from + pieceBytes) : -1;
    to = to === -1 || to + 1 >= end ? end : to + 1;
    const piece = parsePiece(bytes, from, to, options);
    if (piece === undefined) return undefined;
    for (const item of piece) list.push(item);
    from = to + 1;
  }
  return { data: { [key]: list } };
}

/** How the first item begins: `{"id":`, with the value where it is the same for many: `{"__typename":"Item"`. */
function firstKeyOf(bytes: Buffer, at: number): string {
  const text = bytes.toString('latin1', at, at + headBytes);
  return /^\{"__typename":"\w+"/.exec(text)?.[0] ?? /^\{"\w+":/.exec(text)?.[0] ?? '{"';
}

/** The items between two places, each behind a comma or the list's bracket. @returns undefined where they are not whole */
function parsePiece(
  bytes: Buffer,
  from: number,
  to: number,
  options: ExactJsonOptions | undefined,
): readonly unknown[] | undefined {
  const [before, after] = [bytes[from - 1] ?? comma, bytes[to] ?? closing];
  bytes[from - 1] = opening;
  bytes[to] = closing;
  try {
    return parseExactJson(bytes.toString('utf8', from - 1, to + 1), options) as unknown[];
  } catch {
    return undefined;
  } finally {
    bytes[from - 1] = before;
    bytes[to] = after;
  }
}
