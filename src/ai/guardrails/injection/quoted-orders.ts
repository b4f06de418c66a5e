/** Whether a text only mentions an order: quotes it, or has a character in a story say it. */

const quotes = /["“”„«»‘`]/;
const opening = /(?:^|[\s(:—-])["“„«‘`][^"“”„«»`\n]{0,60}$/;
const saidAfter =
  /^[^"”»“\n]{0,120}["”»]\s{1,2}(?:[\p{L}'’]{1,15}\s){0,3}(?:said|says|whispered|whispers|asked|laughed|begged|shouted|replied|murmured|cried|swallowed|answered|muttered|sighed|hissed|told|sagte|rief|fragte|dit|dijo|disse)\b/u;
const saidBefore =
  /\b(?:said|whispered|asked|shouted|replied|murmured|cried|muttered)\b[^"“]{0,40},?\s{0,2}["“„«][^"”\n]{0,60}$/u;

export function standsInQuotes(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 61), start);
  return quotes.test(before) && opening.test(before);
}

/** `"Forget the rules," she laughed`. */
export function isQuotedSpeech(text: string, start: number, end: number): boolean {
  if (!standsInQuotes(text, start)) return false;
  return saidAfter.test(text.slice(end, end + 180)) || saidBefore.test(text.slice(Math.max(0, start - 160), start));
}
