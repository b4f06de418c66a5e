/**
 * The ways a code can be written that whoever reads them undoes at once: an answer that says a code of its instructions so
 * says it all the same. Base64 and hex (of the code in the midst of whatever), backwards, ROT13, URL and HTML escapes,
 * letters that look like others.
 *
 * The code is disguised, once, rather than each answer decoded: what is to be found is then a text like any other.
 */

/** @returns the letters and digits of a code's disguises, in small letters, to be looked for as they are */
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

/** Fewer are too likely to stand somewhere by chance. */
const minLength = 7;

/** What of the base64 of a text that holds the code, `before` bytes into a group of three, is the code's alone. */
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

/** The text without its URL, HTML and JavaScript escapes; the same text where it has none. */
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

/** Accents and look-alikes taken for the letters they are read as; of text in small letters. */
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
