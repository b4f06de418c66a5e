/**
 * Whether an answer gives away the instructions it was made with, as injected text asks models to do (OWASP LLM07). An
 * answer that does is thrown away: nothing of a prompt's system messages comes out of a field.
 *
 * Two things count, where neither the inputs nor the form asked for say them too: a word of the instructions that looks
 * like a code (eight characters or more of letters and digits, of capitals joined by dashes, or one that calls itself a
 * canary), and a run of some eighty characters of theirs. Case, spacing, punctuation inside a code and characters that
 * cannot be seen make no difference. Instructions told in other words, or encoded, are not recognised.
 */
import type { Message } from '../models/index.ts';

const windowLength = 60;
const windowStep = 20;
const codeWord = /[A-Za-z0-9][\w-]{6,}[A-Za-z0-9]/g;

/**
 * @param answer what the model said, with JSON's escapes resolved
 * @param form what the answer's form was described by: an enum's values are no secret
 */
export function leaksInstructions(messages: readonly Message[], answer: string, form: string): boolean {
  const instructions = messages.flatMap((one) => (one.role === 'system' ? [one.content] : [])).join('\n');
  if (instructions === '' || answer === '') return false;
  const given = tidy(answer);
  const givenBare = bare(given);
  let known: string | undefined;
  const isOwn = (text: string): boolean => {
    known ??= tidy([form, ...messages.flatMap(textsOf)].join('\n'));
    return !known.includes(text);
  };
  for (const [word] of instructions.matchAll(codeWord)) {
    if (!looksLikeCode(word)) continue;
    const code = tidy(word);
    const letters = bare(code);
    if (givenBare.includes(letters.length >= 8 ? letters : code) && isOwn(code)) return true;
  }
  const told = tidy(instructions);
  for (let start = 0; start + windowLength <= told.length; start += windowStep) {
    const run = told.slice(start, start + windowLength);
    if (given.includes(run) && isOwn(run)) return true;
  }
  return false;
}

function looksLikeCode(word: string): boolean {
  if (/canary/i.test(word) || /^[A-Z]+(?:[-_]+[A-Z]+)+$/.test(word)) return true;
  return /[A-Za-z]/.test(word) && /\d/.test(word);
}

function textsOf(message: Message): readonly string[] {
  if (message.role === 'system') return [];
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

function tidy(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}+/gu, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
