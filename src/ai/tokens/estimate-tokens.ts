/**
 * About how many tokens a text has, without a tokenizer: for routing, limits and what a provider did not report. Meant
 * to be a little high rather than low: within a fifth below and a third above o200k on prose, code, JSON, base64 and
 * ten scripts, which a test holds.
 *
 * One pass over the characters, 9 ns each. A tokenizer takes ten times as long, seconds on a text made to be slow, and
 * its first use stops the thread for a quarter of a second: count-tokens.ts gives it a thread of its own.
 */

/** A token of English text is about four characters. */
export const charactersPerToken = 4;

/** What a character is to a tokenizer; the number is its place in the tables below. */
const lower = 0;
const upper = 1;
const digit = 2;
const space = 3;
const lineBreak = 4;
const sign = 5;
/** Letters of alphabets beyond ASCII. */
const letter = 6;
/** Scripts of syllables: Indic, Thai and their kin. */
const syllable = 7;
/** Chinese, Japanese, Korean. */
const ideograph = 8;
/** Half of a character beyond the first plane: emoji, rare scripts. */
const surrogate = 9;

const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => asciiKindOf(code));

function asciiKindOf(code: number): number {
  if (code >= 97 && code <= 122) return lower;
  if (code >= 65 && code <= 90) return upper;
  if (code >= 48 && code <= 57) return digit;
  if (code === 10 || code === 13) return lineBreak;
  return code === 32 || code === 9 ? space : sign;
}

function wideKindOf(code: number): number {
  if (code < 0x0900) return code >= 0x00c0 ? letter : sign;
  if (code < 0x1100) return syllable;
  if (code >= 0xd800 && code <= 0xdfff) return surrogate;
  if ((code >= 0x2e80 && code <= 0xd7ff) || (code >= 0xf900 && code <= 0xffef)) return ideograph;
  return code >= 0x2000 && code < 0x2e80 ? sign : syllable;
}

/** Runs of up to 31 characters by table: three times as fast as asking the rules each time. */
const tableLength = 32;
const runTokens = Float64Array.from({ length: 10 * tableLength }, (_, entry) =>
  tokensOfRun(Math.floor(entry / tableLength), entry % tableLength),
);

/** Rounded up; 0 for an empty text. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let start = 0;
  let kind = space;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const next = code < 128 ? (asciiKinds[code] as number) : wideKindOf(code);
    if (next === kind) continue;
    const length = index - start;
    // `Word` is one run; `someWord` is two, as a tokenizer splits it.
    if (next !== lower || kind !== upper || length !== 1) {
      tokens += length < tableLength ? (runTokens[kind * tableLength + length] as number) : tokensOfRun(kind, length);
      // A word takes the space before it into its token, a number does not.
      if (next === digit && kind === space && length > 0) tokens += 1;
      start = index;
    }
    kind = next;
  }
  tokens += tokensOfRun(kind, text.length - start);
  return Math.ceil(Math.max(tokens, text.length / charactersPerToken));
}

function tokensOfRun(kind: number, length: number): number {
  if (length === 0) return 0;
  switch (kind) {
    case lower:
      // A usual word is one token, a long one two or three, and what is no word at all has two characters a token.
      return length <= 8 ? 1 : length <= 20 ? length / 6 : length / 1.8;
    case upper:
      return length <= 3 ? 1 : length / 2.5;
    case digit:
      return Math.ceil(length / 3);
    case space:
      return length === 1 ? 0 : 1 + length / 16;
    case lineBreak:
      return 1;
    case sign:
      return length <= 2 ? 1 : length / 2;
    case letter:
      return length <= 2 ? 1 : length / 2.5;
    case syllable:
      return length / 2;
    default:
      // Ideographs, and halves of emoji.
      return length;
  }
}
