/**
 * A number as a word of nine letters, by which requests differ. Of letters: nine digits in a text look like a phone
 * number, and looking closer at one (libphonenumber-js) was 8 to 12 % of a call in front of the guards.
 */

/** What stands in a body where each request has a word of its own. */
export const counter = 'aaaaaaaaa';

export function counterWord(number: number): string {
  return String(number)
    .padStart(counter.length, '0')
    .replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}
