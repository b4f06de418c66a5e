import { foldedWords, grammars, type Language, languageOf, spacedLanguages } from './languages.ts';
import { opinionWords } from './opinion-words.ts';
import { type Sentence, winkSentiment } from './read-text.ts';

/** The amounts of praise and criticism in a text: both 0 or more, about 1 for one plain word. */
export interface Opinion {
  readonly praise: number;
  readonly criticism: number;
}

export type Sentiment = 'positive' | 'negative' | 'neutral' | 'mixed';

/** A clause ends at a comma, a dash, a semicolon or a word of contrast: the next clause may have another sentiment. */
const clauseEnd =
  /[,;:()!?.]+\s|[、。！？]|\s[-–—]+\s|\b(?:but|however|although|though|yet|except|aber|jedoch|allerdings|dafür|obwohl|mais|cependant|pourtant|pero|aunque|sin embargo)\b/i;

/** The scope of a negation is three words (`not a very good …`). */
const negationReach = 3;

const notOnly = /\b(?:not (?:only|just)|nicht nur|non seulement|pas seulement|no solo)\b/g;

/** Sums up the clauses of a sentence. `textLanguage` is used for sentences without a detected language. */
export function opinionOf(sentence: string, textLanguage?: Language): Opinion {
  const language = languageOf(sentence) ?? textLanguage ?? languageOfOpinion(sentence);
  let praise = 0;
  let criticism = 0;
  for (const clause of sentence.split(clauseEnd)) {
    const score = clauseScore(clause, language);
    if (score > 0) praise += score;
    else criticism -= score;
  }
  return { praise, criticism };
}

/**
 * The sentiment of a text from its sentences: mixed if both praise and criticism are clear and the lesser is at least
 * two fifths of the greater, so that minor criticism does not make an enthusiastic text neutral.
 */
export function sentimentOf(sentences: readonly Sentence[]): { readonly sentiment: Sentiment } & Opinion {
  const language = languageOf(sentences.map(({ text }) => text).join(' '));
  let praise = 0;
  let criticism = 0;
  for (const { text } of sentences) {
    const opinion = opinionOf(text, language);
    praise += opinion.praise;
    criticism += opinion.criticism;
  }
  return { sentiment: verdict(praise, criticism), praise, criticism };
}

/** Without a function word (`Solide Verarbeitung`), the first language with an opinion word in it. */
function languageOfOpinion(sentence: string): Language {
  const words = foldedWords(sentence);
  return spacedLanguages.find((language) => words.some((word) => opinionWords[language].valueOf(word) !== 0)) ?? 'en';
}

function verdict(praise: number, criticism: number): Sentiment {
  const clear = 0.5;
  if (praise < clear && criticism < clear) return 'neutral';
  if (Math.min(praise, criticism) >= clear && Math.min(praise, criticism) >= 0.4 * Math.max(praise, criticism)) {
    return 'mixed';
  }
  return praise > criticism ? 'positive' : 'negative';
}

function clauseScore(clause: string, language: Language): number {
  const opinions = opinionWords[language];
  let remaining = foldedWords(clause).join(' ').replaceAll(notOnly, ' ');
  let score = 0;
  let isMatched = false;
  for (const { pattern, value } of opinions.phrases) {
    if (!pattern.test(remaining)) continue;
    remaining = remaining.replace(pattern, ' ');
    score += value;
    isMatched = true;
  }
  const words = remaining.split(' ').filter((word) => word !== '');
  for (const [index, word] of words.entries()) {
    const value = opinions.valueOf(word);
    if (value === 0) continue;
    isMatched = true;
    score += isNegated(words, index, language) ? negated(value) : value;
  }
  if (!isMatched && language === 'en') score = winkSentiment(clause) * 1.2;
  return Math.max(-3, Math.min(3, score));
}

/** `not good` is criticism, `not bad` only mild praise. */
function negated(value: number): number {
  return value > 0 ? -Math.min(value, 1) : 0.5;
}

function isNegated(words: readonly string[], index: number, language: Language): boolean {
  const { negators } = grammars[language];
  for (let before = Math.max(0, index - negationReach); before < index; before++) {
    if (negators.has(words[before] ?? '')) return true;
  }
  // In German the negation follows the verb at the end of its clause: "gefällt mir nicht", "funktioniert leider nicht
  // mehr".
  return language === 'de' && words.slice(Math.max(index + 1, words.length - 2)).some((word) => negators.has(word));
}
