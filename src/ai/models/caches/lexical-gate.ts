/**
 * The lexical signature of a text: only texts with equal signatures may share an answer.
 *
 * Vectors alone are not sufficient. With the built-in embedding model, “Should I take it before meals?” and
 * “… after meals?” have a cosine of 0.989, “the dog chases the cat” and “the cat chases the dog” 0.988, a red sofa and a
 * blue one in a sentence of twenty words 0.963; no threshold separates these and accepts paraphrases, and texts can be
 * crafted to have any vector. So everything that may affect the meaning must be equal, in its order: numbers, names,
 * identifiers, quotations, negations, opposites, and every unknown word. Only a closed list is ignored: articles,
 * politeness, lead-ins, the form of a question, some spellings and synonyms. An incomplete list causes a miss, never a
 * wrong hit.
 *
 * For English only. In other languages texts share an answer if they have the same words.
 */
import { contractions, keepsArticle, phrases, synonyms } from './lexical-words.ts';

const articles: ReadonlySet<string> = new Set(['a', 'an', 'the']);
const present: ReadonlySet<string> = new Set(['is', 'are']);

/** @returns a text that is equal for texts that may share an answer */
export function lexicalSignature(text: string): string {
  const { unquoted, quotations } = takeQuotations(text.normalize('NFC'));
  const rawWords = unquoted.split(/\s+/u).filter((word) => word !== '');
  const readWords = rawWords.flatMap((word, index) =>
    readWord(word, index === 0 || /[.!?:]$/u.test(rawWords[index - 1] ?? '')),
  );
  let line = ` ${readWords.join(' ')} `;
  for (const [pattern, replacement] of phrases) line = line.replace(pattern, replacement);
  const words = line.trim().split(' ');
  const tokens: string[] = [];
  for (const [index, word] of words.entries()) {
    const next = words[index + 1];
    if (word === '' || present.has(word)) continue;
    // “Vitamin a” is not “a vitamin”, nor are “a few” “few”.
    if (articles.has(word) && next !== undefined && !keepsArticle.has(next)) continue;
    const token = synonyms.get(word) ?? word;
    // “France's capital” is “the capital of France”.
    const owner = tokens.at(-1);
    if (owner !== undefined && owner.length > 2 && owner.endsWith("'s"))
      tokens.splice(-1, 1, token, 'of', owner.slice(0, -2));
    else tokens.push(token);
  }
  return [...tokens, ...quotations].join(' ');
}

/** Quoted text and code are compared exactly. */
function takeQuotations(text: string): { readonly unquoted: string; readonly quotations: readonly string[] } {
  const quotations: string[] = [];
  const unquoted = text.replace(/"[^"]*"|“[^”]*”|«[^»]*»|„[^“”]*[“”]|`[^`]*`/gu, (quotation) => {
    quotations.push(JSON.stringify(quotation.slice(1, -1)));
    return ` \u0001${quotations.length} `;
  });
  return { unquoted: unquoted, quotations: quotations };
}

/** @param first whether it begins a sentence, so that its capital letter is not significant */
function readWord(word: string, first: boolean): readonly string[] {
  const plain = word.replaceAll('’', "'");
  const match = /^([([{]*)(.*?)([)\]}]*)([.,;:!?…]*)$/u.exec(plain);
  const [, , core = '', , marks = ''] = match ?? [];
  if (core === '') return [plain];
  const after = marksAfter(marks);
  const isWord = /^\p{L}[\p{L}\p{M}]*(?:['-][\p{L}\p{M}]+)*'?$/u.test(core);
  // An identifier, a number, an address, a sum: compared exactly, with the surrounding characters.
  if (!isWord) return [plain.replace(/[.,;:!?…]+$/u, '') || plain, ...after];
  const upper = /\p{Lu}/u.test(core.slice(1)) && core.length > 1;
  const name = upper || (!first && /^\p{Lu}/u.test(core) && !/^I(?:'|$)/u.test(core));
  if (name) return [core, ...after];
  const lower = core.toLowerCase();
  const expanded = contractions.get(lower);
  return [...(expanded ?? [lower]), ...after];
}

/**
 * The punctuation that can change the meaning; at the end it is dropped later, if the form of the question is
 * sufficient.
 */
function marksAfter(marks: string): readonly string[] {
  if (marks.includes('?')) return ['?'];
  if (/[.!…]/u.test(marks)) return ['.'];
  return marks === '' ? [] : [','];
}
