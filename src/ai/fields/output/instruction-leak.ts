/**
 * Whether an answer gives away the instructions it was made with, as injected text asks models to do (OWASP LLM07). An
 * answer that does is thrown away: nothing of a prompt's system messages comes out of a field.
 *
 * Two things count, where neither the inputs nor the form asked for say them too: a word of the instructions that looks
 * like a code (eight characters or more of letters and digits, of capitals joined by dashes, or one that calls itself a
 * canary), and a run of some eighty characters of theirs. Case, spacing, punctuation inside a code and characters that
 * cannot be seen make no difference, and a code is known in its disguises too (disguised-code.ts). Instructions told in
 * other words, or encoded without a code in them, are not recognised.
 */
import { LRUCache } from 'lru-cache';
import type { Message } from '../../model-call/index.ts';
import { disguisesOf, foldLookAlikes, withoutEscapes } from './disguised-code.ts';

const windowLength = 60;
const windowStep = 20;
const codeWord = /[A-Za-z0-9][\w-]{6,}[A-Za-z0-9]/g;
/** Characters of an answer in which escapes and look-alikes are undone: a megabyte of them would take 300 ms. */
const maxDecodedLength = 200_000;
/** Letters and digits of a code; fewer are too likely to stand somewhere by chance. */
const minCodeLength = 7;

/**
 * @param answer what the model said, with JSON's escapes resolved
 * @param form what the answer's form was described by: an enum's values are no secret
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

/** What of a prompt's instructions is looked for. */
interface Secrets {
  /** As written, its letters and digits alone, and those of its disguises. */
  readonly codes: readonly {
    readonly code: string;
    readonly letters: string;
    readonly disguises: readonly string[];
  }[];
  readonly runs: readonly string[];
}

/** The same for every entity of a page: found once. */
const secretsByText = new LRUCache<string, Secrets>({
  maxSize: 8_000_000,
  // What is found in a text is of its order, in a few forms.
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

/** Only what needs it is replaced: a megabyte takes 120 ms in all, and 280 ms where every blank is replaced by a blank. */
function normalise(text: string): string {
  const visible = /[^\n -~]/.test(text) ? text.normalize('NFKC').replace(/\p{Cf}+/gu, '') : text;
  return visible.replace(/\s{2,}|[^\S ]/g, ' ').toLowerCase();
}

/** Letters and digits alone. By Unicode's classes, `split` and `join` take half of `replace`'s time. */
function lettersAndDigits(text: string): string {
  return /[^ -~]/.test(text) ? text.split(/[^\p{L}\p{N}]+/u).join('') : text.replace(/[^a-z0-9]+/g, '');
}
