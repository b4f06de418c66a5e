/**
 * Trivial encodings of a secret code, in which an answer would still leak it: base64 and hex (also inside a longer encoded
 * text), reversal, ROT13, URL and HTML escapes, look-alike letters.
 *
 * Each code is encoded once, instead of decoding every answer; detection is then a substring search.
 */

/** @returns the encoded forms of a code, as lower-case letters and digits, for a substring search */
export function disguisesOf(code: string): readonly string[] {
  const disguises = new Set<string>();
  const small = code.toLowerCase();
  for (const spelling of new Set([code, small, code.toUpperCase()])) {
    const bytes = Buffer.from(spelling);
    disguises.add(bytes.toString('hex'));
    for (let before = 0; before < 3; before++) disguises.add(lettersOf(base64Core(bytes, before)));
  }
  disguises.add(lettersOf([...small].reverse().join('')));
  disguises.add(lettersOf(small.replace(/[a-z]/g, rot13)));
  return [...disguises].filter((text) => text.length >= minLength);
}

/** Shorter forms are too likely to occur by chance. */
const minLength = 7;

/** The base64 characters that depend on the code only, if it starts `before` bytes into a group of three. */
function base64Core(bytes: Buffer, before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const end = Math.floor(((before + bytes.length) * 8) / 6);
  return whole.slice(Math.ceil((before * 8) / 6), end);
}

function rot13(letter: string): string {
  return String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97);
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '');
}

const escaped =
  /%([0-9a-f]{2})|&#(\d{1,7});?|&#x([0-9a-f]{1,6});?|\\u([0-9a-f]{4})|\\u\{([0-9a-f]{1,6})\}|\\x([0-9a-f]{2})/gi;

/** The text with its URL, HTML and JavaScript escapes decoded; unchanged if it has none. */
export function withoutEscapes(text: string): string {
  if (!/[%&\\]/.test(text)) return text;
  return text.replace(escaped, (match, url, decimal, hexadecimal, four, braced, two) => {
    const code =
      decimal === undefined ? Number.parseInt(url ?? hexadecimal ?? four ?? braced ?? two, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : match;
  });
}

const lookAlikes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ а: 'a', в: 'b', с: 'c', ԁ: 'd', е: 'e', һ: 'h', н: 'h', і: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', о: 'o' },
    ...{ р: 'p', ԛ: 'q', г: 'r', ѕ: 's', т: 't', у: 'y', ѵ: 'v', ԝ: 'w', х: 'x', з: '3', б: '6' },
    ...{
      α: 'a',
      β: 'b',
      ε: 'e',
      η: 'n',
      ι: 'i',
      κ: 'k',
      μ: 'm',
      ν: 'v',
      ο: 'o',
      ρ: 'p',
      τ: 't',
      υ: 'u',
      χ: 'x',
      ζ: 'z',
    },
    ...{ ı: 'i', ɑ: 'a', ɡ: 'g', ʟ: 'l', ɴ: 'n', ʀ: 'r', ʏ: 'y', ᴀ: 'a', ᴄ: 'c', ᴇ: 'e', ᴏ: 'o', ᴛ: 't', ᴜ: 'u' },
  }),
);

/** Replaces accented and look-alike letters by the plain ones. The text must be lower case. */
export function foldLookAlikes(text: string): string {
  if (!/[^ -~]/.test(text)) return text;
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(
      /[\u0131\u0251-\u028f\u0370-\u03ff\u0400-\u052f\u1d00-\u1d2b]/g,
      (letter) => lookAlikes.get(letter) ?? letter,
    );
}
