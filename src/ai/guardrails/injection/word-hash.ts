/**
 * A hash of a word, computed letter by letter, that is independent of the order of its inner letters: so `ignroe
 * prveious instrcutions` has the same hashes as the correct words. Nothing is allocated.
 */
import { foldLetter } from './fold-letters.ts';

/** A weight for each folded letter, 1 and above: sums of them distinguish words that differ in any letter. */
export const letterWeights: Int32Array = new Int32Array(0x8000);
for (let letter = 1; letter < letterWeights.length; letter += 1) {
  let mixed = Math.imul(letter, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  letterWeights[letter] = (mixed ^ (mixed >>> 13)) & 0x3ffffff;
}

/** The hash of a word: its first and last letter, its length, and the letters between. */
export function wordHash(first: number, last: number, length: number, sum: number): number {
  return (Math.imul(first, 0x1f123bb5) ^ Math.imul(last, 0x3c6ef372) ^ Math.imul(length, 0x51ed2701) ^ sum) | 0;
}

function hashOf(letters: readonly number[]): number {
  let sum = 0;
  for (const letter of letters) sum = (sum + (letterWeights[letter] ?? 0)) | 0;
  return wordHash(letters[0] ?? 0, letters.at(-1) ?? 0, letters.length, sum);
}

function foldWord(word: string): readonly number[] {
  return [...word].map((character) => foldLetter(character.codePointAt(0) ?? 0)).filter((letter) => letter > 0);
}

const l = 12;
const i = 9;

/** All hashes of a word: as written, and with `1` for its l. */
export function hashesOf(word: string): ReadonlySet<number> {
  const letters = foldWord(word);
  const hashes = new Set([hashOf(letters)]);
  if (letters.includes(l)) hashes.add(hashOf(letters.map((letter) => (letter === l ? i : letter)))); // `a11`: 1 is read as i
  return hashes;
}

/** Common misspellings of a word: one inner letter missing from a long one, its first or last two letters exchanged. */
export function misspelt(word: string): ReadonlySet<number> {
  const letters = foldWord(word);
  const hashes = new Set<number>();
  if (letters.length >= 7)
    for (let out = 1; out < letters.length - 1; out += 1) hashes.add(hashOf(letters.toSpliced(out, 1)));
  if (letters.length >= 4)
    for (const at of [0, letters.length - 2])
      hashes.add(hashOf(letters.toSpliced(at, 2, letters[at + 1] ?? 0, letters[at] ?? 0)));
  return hashes;
}

/** The hash of the word in rot13; `undefined` for short words and other scripts. */
export function rotatedHash(word: string): number | undefined {
  const letters = foldWord(word);
  if (letters.length < 3 || letters.some((letter) => letter > 26)) return undefined;
  return hashOf(letters.map((letter) => ((letter + 12) % 26) + 1));
}

/** The hash of the word written backwards. */
export function reversedHash(word: string): number {
  return hashOf(foldWord(word).toReversed());
}
