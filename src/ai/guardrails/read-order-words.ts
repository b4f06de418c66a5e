/**
 * The one pass over a text that finds the words of an order near each other: each word is folded and hashed as it is
 * read, so nothing is allocated for a word that plays no part. What else occurs comes along, so that no other search
 * runs over a text that cannot hold what it looks for.
 */
import { foldLetter, invisible, noLetter } from './fold-letters.ts';
import { letterWeights, part, partsByHash, rotated, wordHash } from './injection-words.ts';
import type { Collect } from './score-injection.ts';

/** Signs that role markers, encodings and hex are written with, as `Characters.seen` names them. */
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

/** How many words apart the words of one order may be. */
const window = 9;

interface Characters {
  /** Which signs occur. */
  readonly seen: number;
  /** The longest stretch without white space. */
  readonly longest: number;
  /** How often five or more single letters stand in a row. */
  readonly apart: number;
  readonly wide: boolean;
}

/** The letters of ASCII, apart from the table of all: this is the hottest line of the guards. */
const asciiLetters = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) asciiLetters[code] = foldLetter(code);

/** The one pass: words to hashes, hashes to parts, and what else occurs. */
export function readOrderWords(text: string, found: Collect): Characters {
  let plain: Window | undefined;
  let turned: Window | undefined;
  let seen = 0;
  let longest = 0;
  let stretchFrom = 0;
  let apart = 0;
  let singles = 0;
  let wide = false;
  let index = 0;
  let start = 0;
  let first = 0;
  let last = 0;
  let length = 0;
  let sum = 0;
  for (let position = 0; position <= text.length; position += 1) {
    const at = position;
    const code = position < text.length ? text.charCodeAt(position) : 32;
    let letter: number;
    if (code < 128) {
      letter = asciiLetters[code] ?? 0;
      if (letter === 0) {
        seen |= signs[code] ?? 0;
        if (code <= 32) {
          if (position - stretchFrom > longest) longest = position - stretchFrom;
          stretchFrom = position + 1;
        } else if (code === 39) continue; // don't
      }
    } else {
      wide = true;
      const point = text.codePointAt(position) ?? code;
      if (point > 0xffff) position += 1;
      letter = foldLetter(point);
      if (letter === invisible || code === 0x2019) continue;
    }
    if (letter !== noLetter) {
      if (length === 0) {
        start = at;
        first = letter;
      }
      last = letter;
      length += 1;
      sum = (sum + (letterWeights[letter] ?? 0)) | 0;
      continue;
    }
    if (length === 0) continue;
    if (length === 1) {
      singles += 1;
      if (singles === 5) apart += 1;
    } else {
      singles = 0;
      const parts = partsByHash.get(wordHash(first, last, length, sum));
      if (parts !== undefined) {
        const upright = parts & ((1 << rotated) - 1);
        if (upright !== 0) {
          plain ??= new Window(0, found);
          plain.read(upright, index, start, at);
        }
        if (upright !== parts) {
          turned ??= new Window(rotated, found);
          turned.read(parts >>> rotated, index, start, at);
        }
      }
    }
    index += 1;
    length = 0;
    sum = 0;
  }
  return { seen, longest, apart, wide };
}

/** Which parts were read within the last few words, and where. */
class Window {
  readonly #lane: number;
  readonly #found: Collect;
  readonly #words = new Int32Array(part.without.toString(2).length).fill(-1000);
  readonly #starts = new Int32Array(part.without.toString(2).length);

  /** `do not ignore the safety instructions above`: the same words, and mostly harmless. */
  #negated = false;

  constructor(lane: number, found: Collect) {
    this.#lane = lane;
    this.#found = found;
  }

  read(parts: number, index: number, start: number, end: number): void {
    if ((parts & part.override) !== 0) this.#negated = this.#within(part.negation, index, 1);
    for (let bit = 0; bit < this.#words.length; bit += 1)
      if ((parts & (1 << bit)) !== 0) {
        this.#words[bit] = index;
        this.#starts[bit] = start;
      }
    if ((parts & (part.orders | part.previous | part.override)) !== 0) this.#override(index, end);
    if ((parts & (part.orders | part.hidden)) !== 0) this.#reveal(index, end);
    if ((parts & (part.now | part.unbound | part.mode | part.hidden | part.orders)) !== 0)
      this.#persona(parts, index, end);
  }

  #within(bits: number, index: number, words: number): boolean {
    return index - (this.#words[31 - Math.clz32(bits)] ?? -1000) <= words;
  }

  #start(...bits: readonly number[]): number {
    return Math.min(...bits.map((bit) => this.#starts[31 - Math.clz32(bit)] ?? 0));
  }

  #override(index: number, end: number): void {
    if (!this.#within(part.override, index, window) || !this.#within(part.orders, index, window)) return;
    if (this.#negated) this.#hit('override', 0.4, this.#start(part.override, part.orders), end);
    else if (this.#within(part.previous, index, window))
      this.#hit('override', 0.9, this.#start(part.override, part.orders, part.previous), end);
    else if (this.#within(part.hidden, index, window))
      this.#hit('override', 0.75, this.#start(part.override, part.orders, part.hidden), end);
    else
      this.#hit(
        'override',
        this.#within(part.every, index, 4) ? 0.5 : 0.3,
        this.#start(part.override, part.orders),
        end,
      );
  }

  #reveal(index: number, end: number): void {
    if (!this.#within(part.orders, index, 3) || !this.#within(part.hidden, index, 3)) return;
    const asked = this.#within(part.reveal, index, window);
    this.#hit(
      'reveal',
      asked ? 0.8 : 0.35,
      this.#start(part.orders, part.hidden, ...(asked ? [part.reveal] : [])),
      end,
    );
  }

  #persona(parts: number, index: number, end: number): void {
    const youAreNow = (parts & part.now) !== 0 && this.#within(part.you, index, 2);
    if (youAreNow) this.#hit('persona', 0.4, this.#start(part.you), end);
    if ((parts & part.unbound) !== 0) this.#hit('persona', 0.5, this.#start(part.unbound), end);
    if ((parts & part.mode) !== 0 && (this.#within(part.hidden, index, 1) || this.#within(part.now, index, 2)))
      this.#hit('persona', 0.55, this.#start(part.mode), end);
    if (
      (parts & (part.mode | part.orders)) !== 0 &&
      this.#within(part.without, index, 3) &&
      this.#within(part.pretend, index, window * 2)
    )
      this.#hit('persona', 0.7, this.#start(part.pretend), end);
    if (
      (parts & part.unbound) !== 0 &&
      (this.#within(part.pretend, index, window) || this.#within(part.now, index, window))
    )
      this.#hit('persona', 0.75, this.#start(part.unbound), end);
  }

  #hit(rule: 'override' | 'reveal' | 'persona', score: number, start: number, end: number): void {
    if (this.#lane === 0) this.#found({ rule, score, start, end });
    else if (score >= 0.5) this.#found({ rule: 'encoded', score: Math.min(1, score + 0.1), start, end });
  }
}
