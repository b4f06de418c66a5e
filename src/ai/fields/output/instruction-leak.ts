/**
 * Detects answers that leak the system messages they were generated from, as prompt injections ask for (OWASP LLM07). Such
 * an answer is discarded.
 *
 * An answer leaks if it contains, and neither the inputs nor the output form contain, one of these: a word of the
 * instructions that looks like a code (eight or more characters with letters and digits, capitals joined by dashes, or a
 * word with "canary" in it), or a run of about eighty characters of the instructions. Case, spacing, punctuation inside a
 * code and invisible characters are ignored, and trivial encodings of a code are recognised (disguised-code.ts).
 * Paraphrased instructions, and encoded ones without a code, are not detected.
 */
import { LRUCache } from 'lru-cache';
import type { Message } from '../../model-call/index.ts';
import { disguisesOf, foldLookAlikes, withoutEscapes } from './disguised-code.ts';

const windowLength = 60;
const windowStep = 20;
const codeWord = /[A-Za-z0-9][\w-]{6,}[A-Za-z0-9]/g;
/** Characters of an answer in which escapes and look-alikes are decoded: a megabyte would take 300 ms. */
const maxDecodedLength = 200_000;
/** In letters and digits; shorter codes are too likely to occur by chance. */
const minCodeLength = 7;

/**
 * @param answer the text of the answer, with JSON escapes decoded
 * @param form the description of the output form: enum values in it are not secret
 */
export function leaksInstructions(messages: readonly Message[], answer: string, form: string): boolean {
  const instructions = messages.flatMap((message) => (message.role === 'system' ? [message.content] : [])).join('\n');
  if (instructions === '' || answer === '') return false;
  const { codes, runs } = secretsOf(instructions);
  const normalisedAnswer = normalise(answer);
  let publicText: string | undefined;
  const isSecret = (text: string): boolean => {
    publicText ??= normalise([form, ...messages.flatMap(textsOf)].join('\n'));
    return !publicText.includes(text);
  };
  if (codes.length > 0) {
    const answerLetters = lettersAndDigits(normalisedAnswer);
    const scanned =
      normalisedAnswer.length > maxDecodedLength ? normalisedAnswer.slice(0, maxDecodedLength) : normalisedAnswer;
    const decoded = foldLookAlikes(withoutEscapes(scanned));
    const decodedLetters = decoded === scanned ? answerLetters : lettersAndDigits(normalise(decoded));
    for (const { code, letters, disguises } of codes) {
      const isPresent = answerLetters.includes(letters) || decodedLetters.includes(letters);
      if ((isPresent || disguises.some((disguise) => answerLetters.includes(disguise))) && isSecret(code)) return true;
    }
  }
  for (const run of runs) if (normalisedAnswer.includes(run) && isSecret(run)) return true;
  return false;
}

/** The parts of a prompt's instructions that an answer must not contain. */
interface Secrets {
  /** Each code as text, as letters and digits only, and in its encoded forms. */
  readonly codes: readonly {
    readonly code: string;
    readonly letters: string;
    readonly disguises: readonly string[];
  }[];
  readonly runs: readonly string[];
}

/** Cached, because the instructions are the same for every entity of a request. */
const secretsByText = new LRUCache<string, Secrets>({
  maxSize: 8_000_000,
  // The secrets take a small multiple of the length of the text.
  sizeCalculation: (_secrets, text) => 1_000 + text.length * 8,
});

function secretsOf(instructions: string): Secrets {
  let secrets = secretsByText.get(instructions);
  if (secrets !== undefined) return secrets;
  const codes: Secrets['codes'][number][] = [];
  for (const [word] of instructions.matchAll(codeWord)) {
    const code = normalise(word);
    const letters = lettersAndDigits(code);
    if (looksLikeCode(word) && letters.length >= minCodeLength)
      codes.push({ code, letters, disguises: disguisesOf(word) });
  }
  const normalised = normalise(instructions);
  const runs: string[] = [];
  for (let start = 0; start + windowLength <= normalised.length; start += windowStep) {
    runs.push(normalised.slice(start, start + windowLength));
  }
  secrets = { codes, runs };
  secretsByText.set(instructions, secrets);
  return secrets;
}

function looksLikeCode(word: string): boolean {
  if (/canary/i.test(word) || /^[A-Z]+(?:[-_]+[A-Z]+)+$/.test(word)) return true;
  return /[A-Za-z]/.test(word) && /\d/.test(word);
}

function textsOf(message: Message): readonly string[] {
  if (message.role === 'system') return [];
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

/** Single spaces are not replaced: a megabyte takes 120 ms, and 280 ms if every space is replaced by a space. */
function normalise(text: string): string {
  const visible = /[^\n -~]/.test(text) ? text.normalize('NFKC').replace(/\p{Cf}+/gu, '') : text;
  return visible.replace(/\s{2,}|[^\S ]/g, ' ').toLowerCase();
}

/** Letters and digits only. With Unicode classes, `split` and `join` take half the time of `replace`. */
function lettersAndDigits(text: string): string {
  return /[^ -~]/.test(text) ? text.split(/[^\p{L}\p{N}]+/u).join('') : text.replace(/[^a-z0-9]+/g, '');
}
