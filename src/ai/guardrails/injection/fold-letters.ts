/**
 * Normalises disguised letters: case, accents, full-width and mathematical alphabets (NFKC), Cyrillic and Greek
 * look-alikes, digits and signs for letters (leetspeak); zero-width characters are dropped. One character at a time, so
 * that offsets into the text remain valid.
 */

/** Separates words. */
export const noLetter = 0;
/** Invisible: zero-width, soft hyphen, combining marks, bidirectional controls, tags. */
export const invisible = -1;

/** Look-alikes of Latin letters, by the letter they resemble. */
const lookAlikes: Readonly<Record<string, string>> = {
  а: 'a', с: 'c', ԁ: 'd', е: 'e', ѐ: 'e', һ: 'h', і: 'i', ј: 'j', ԛ: 'q', о: 'o', р: 'p', ѕ: 's', у: 'y', х: 'x',
  ѵ: 'v', ԝ: 'w', к: 'k', м: 'm', т: 't', н: 'h', в: 'b', г: 'r', п: 'n', ӏ: 'l',
  α: 'a', ε: 'e', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u', χ: 'x', η: 'n', ω: 'w', γ: 'y',
  ı: 'i', ɡ: 'g', ɑ: 'a', ʟ: 'l', ꜱ: 's', ɪ: 'i', ɴ: 'n', ʀ: 'r', ᴇ: 'e', ᴏ: 'o', ᴜ: 'u', ᴛ: 't', ᴘ: 'p', ᴍ: 'm',
  ø: 'o', ł: 'l', đ: 'd', ß: 's', æ: 'a', œ: 'o',
}; // biome-ignore format: a table

const leet: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
};

/** Characters of the class of letters that are invisible: the Hangul fillers. */
const fillers: ReadonlySet<number> = new Set([0x115f, 0x1160, 0x3164, 0xffa0]);

const unknown = 0x7fff;
/** Cached results, for the two planes with letters, signs and emoji. */
const cached = new Int16Array(0x20000).fill(unknown);

/** 1 to 26 for Latin letters, a number above for others, or `noLetter` or `invisible`. */
export function foldLetter(code: number): number {
  if (code >= cached.length) return code >= 0xe0000 ? invisible : 27 + (code % 0x7000); // tags; rare Chinese
  const before = cached[code] ?? noLetter;
  if (before !== unknown) return before;
  const folded = fold(code);
  cached[code] = folded;
  return folded;
}

function fold(code: number): number {
  const character = String.fromCodePoint(code);
  const substitute = leet[character];
  if (substitute !== undefined) return substitute.charCodeAt(0) - 96;
  if (/[\p{Cf}\p{M}]/u.test(character) || fillers.has(code)) return invisible;
  const plain = character.normalize('NFKD').toLowerCase();
  for (const character of plain) {
    const latin = lookAlikes[character] ?? character;
    const letter = latin.charCodeAt(0);
    if (letter >= 97 && letter <= 122) return letter - 96;
    if (/\p{L}/u.test(character)) return 27 + ((character.codePointAt(0) ?? 0) % 0x7000);
    if (/\p{N}/u.test(character)) return foldDigit(character);
  }
  return noLetter;
}

function foldDigit(character: string): number {
  const substitute = leet[character];
  return substitute === undefined ? noLetter : substitute.charCodeAt(0) - 96;
}
