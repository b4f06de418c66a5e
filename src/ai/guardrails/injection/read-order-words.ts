/**
 * The single pass over a text that passes its words to the order reader: each word is folded and hashed as it is read,
 * without allocation, and only words that occur in a rule are passed on. Other features of the text are recorded, so
 * that searches that cannot match are skipped.
 */
import { onDemand } from '../../../lib/index.ts';
import { foldLetter, invisible, noLetter } from './fold-letters.ts';
import { orderProgram } from './order-program.ts';
import { OrderReader, type Report } from './order-reader.ts';
import { letterWeights, wordHash } from './word-hash.ts';

/** Signs of role markers, encodings and hex, as bits of `Characters.seen`. */
export const codeSigns = 1;
export const digitSigns = 2;
/** `<`, `[`, `{` */
export const openingSigns = 4;
/** `#`, `"` */
export const headingSigns = 8;
/** `:` */
export const colonSigns = 16;

const signs = new Uint8Array(128);
for (const sign of '<[{') signs[sign.charCodeAt(0)] = openingSigns;
for (const sign of '#"') signs[sign.charCodeAt(0)] = headingSigns;
signs[58] = colonSigns;
for (const sign of '%&\\') signs[sign.charCodeAt(0)] = codeSigns;
for (const sign of '2689') signs[sign.charCodeAt(0)] = digitSigns; // hex of letters and blanks

/** The boundary that a character between words marks: none, a part of a sentence, or a sentence. */
const partEnd = 1;
const sentenceEnd = 2;
const ends = new Uint8Array(128);
for (const sign of ',()"*-=_/') ends[sign.charCodeAt(0)] = partEnd;
for (const sign of '.!?:;\n<>[]{}#|`') ends[sign.charCodeAt(0)] = sentenceEnd;

/** The distance, in half words, that a sentence's end counts for. */
const sentenceGap = 8;
/** The distance of a paragraph's end: more than sequences allow. */
const paragraphGap = 40;
const paragraphEnd = 3;

interface Characters {
  /** The signs that occur. */
  readonly signsPresent: number;
  /** The longest run without white space. */
  readonly longest: number;
  /** The number of runs of five or more single letters. */
  readonly apart: number;
  readonly wide: boolean;
  /** The number of words of an order that occur backwards. */
  readonly reversed: number;
  /** The number of words that are eight binary digits. */
  readonly bits: number;
}

/** ASCII letters, separate from the table of all letters: this is the hottest line of the guards. */
const asciiLetters = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) asciiLetters[code] = foldLetter(code);

const readers = onDemand(() => {
  const program = orderProgram();
  const { words, pause } = program;
  return { words, pause, plain: new OrderReader(program), rotated: new OrderReader(program) };
});

/** Reads words to hashes, hashes to symbols, and records the other features. */
export function readOrderWords(text: string, report: Report, reportRotated: Report): Characters {
  const { words, pause, plain, rotated } = readers();
  let position = plain.begin(report);
  let turned = -1;
  let signsPresent = 0;
  let longest = 0;
  let stretchFrom = 0;
  let apart = 0;
  let singles = 0;
  let reversed = 0;
  let bits = 0;
  let wide = false;
  let start = 0;
  let first = 0;
  let last = 0;
  let length = 0;
  let sum = 0;
  /** Whether the next word may be an order's verb. */
  let open = true;
  /** The boundary between the last word and the next. */
  let ended = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const at = index;
    const code = index < text.length ? text.charCodeAt(index) : 32;
    let letter: number;
    let sign = 0;
    if (code < 128) {
      letter = asciiLetters[code] ?? 0;
      if (letter === 0) {
        signsPresent |= signs[code] ?? 0;
        sign = ends[code] ?? 0;
        if (code <= 32) {
          if (index - stretchFrom > longest) longest = index - stretchFrom;
          stretchFrom = index + 1;
        } else if (code === 39) continue; // don't
      }
    } else {
      wide = true;
      const point = text.codePointAt(index) ?? code;
      if (point > 0xffff) index += 1;
      letter = foldLetter(point);
      if (letter === invisible || code === 0x2019) continue;
      if (letter === noLetter) sign = wideSign(code);
    }
    if (letter !== noLetter) {
      if (length === 0) {
        start = at;
        first = letter;
        if (ended !== 0) {
          open = true;
          if (ended === sentenceEnd) position += sentenceGap;
          else if (ended === paragraphEnd) position += paragraphGap;
          ended = 0;
        }
      }
      last = letter;
      length += 1;
      sum = (sum + (letterWeights[letter] ?? 0)) | 0;
      continue;
    }
    if (length !== 0) {
      if (length === 1) {
        singles += 1;
        if (singles === 5) apart += 1;
      } else singles = 0;
      const meaning = length === 1 ? undefined : words.get(wordHash(first, last, length, sum));
      if (meaning === undefined) open &&= length === 1;
      else {
        const { symbols } = meaning;
        for (let each = 0; each < symbols.length; each += 2) {
          const symbol = symbols[each] ?? -1;
          if (symbol !== -1) plain.read(symbol, position, position, start, at);
          if (open) {
            const order = symbols[each + 1] ?? -1;
            if (order !== -1) plain.read(order, position, position, start, at);
          }
        }
        if ((code === 44 || code === 58) && symbols.length > 0)
          plain.read(pause, position + 1, position + 1, at, at + 1);
        if (meaning.rotated.length > 0) {
          if (turned === -1) turned = rotated.begin(reportRotated) - position;
          for (let each = 0; each < meaning.rotated.length; each += 1) {
            const symbol = meaning.rotated[each] ?? -1;
            if (symbol !== -1) rotated.read(symbol, position + turned, position + turned, start, at);
          }
        }
        if (meaning.reversed) reversed += 1;
        if (meaning.bits) bits += 1;
        open = meaning.urging || (open && meaning.soft);
      }
      position += 2;
      length = 0;
      sum = 0;
    }
    if (code === 10 && index > 0 && text.charCodeAt(index - 1) === 10) ended = paragraphEnd;
    else if (sign > ended) ended = sign;
  }
  plain.end(position);
  if (turned !== -1) rotated.end(position + turned);
  return { signsPresent, longest, apart, wide, reversed, bits };
}

/** The boundary that a non-ASCII sign marks. */
function wideSign(code: number): number {
  if (code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code < 0x2010)) return 0;
  return code > 0x3000 || code === 0x61f || code === 0x964 ? sentenceEnd : partEnd;
}
