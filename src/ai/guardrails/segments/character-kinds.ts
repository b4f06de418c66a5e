/**
 * The kind of a character for the segmenter: a number whose bits are features of its segment, and whether it is a
 * space.
 */

/** The features of a segment. A prefilter only: a feature may be set although its cause is in the next segment. */
export const feature = {
  digit: 1,
  at: 2,
  lessThan: 4,
  bracket: 8,
  colon: 16,
  equals: 32,
  upper: 64,
  wide: 128,
  hyphen: 256,
  longWord: 512,
  keyWord: 1024,
  address: 2048,
  insideKey: 4096,
  dot: 8192,
  /** Begins or ends at the length limit, so not beside white space. */
  cut: 16384,
} as const;

/** Separates words. */
export const space = 1 << 20;
/** May occur inside a phone number, beside digits. */
export const numeric = 1 << 21; // stands inside a phone number: + ( ) - / .
/** Masks the features of a kind. */
export const features = (1 << 20) - 1;

/** The kinds of ASCII, by code. */
export const asciiKinds = new Int32Array(128);
for (let code = 0; code <= 32; code += 1) asciiKinds[code] = space;
for (let code = 48; code <= 57; code += 1) asciiKinds[code] = feature.digit;
for (let code = 65; code <= 90; code += 1) asciiKinds[code] = feature.upper;
for (const [character, kind] of [
  ['@', feature.at],
  ['<', feature.lessThan],
  ['[', feature.bracket],
  [']', feature.bracket],
  [':', feature.colon],
  ['=', feature.equals],
  ['-', feature.hyphen | numeric],
  ['.', feature.dot | numeric],
  ['+', numeric],
  ['(', numeric],
  [')', numeric],
  ['/', numeric],
] as const)
  asciiKinds[character.charCodeAt(0)] = kind;

/** The kind of a non-ASCII UTF-16 code unit. */
export function wideKind(code: number): number {
  if (code === 0xa0 || code === 0x3000 || code === 0xfeff) return space;
  if (code >= 0x2000 && code <= 0x200a) return space;
  if (code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f) return space;
  if (code === 0x2011 || code === 0x2013) return feature.wide | numeric;
  return feature.wide;
}
