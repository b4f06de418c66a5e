import winkModel from 'wink-eng-lite-web-model';
import winkNlp, { type ItemSentence, type ItemToken } from 'wink-nlp';
import { isGrammar } from './languages.ts';

/**
 * Sentences and words of a text, by wink-nlp and its English model. The only import of both packages, loaded only in
 * the local provider's worker. In other languages the sentences and words are correct; stems and parts of speech are
 * guesses.
 *
 * wink's tokenizer takes quadratic time on long runs without a space (80 kB of `a.b-`: 17 s), so runs longer than
 * {@link maxRunLength} are removed first: they are addresses and encoded files, not prose. 20 reviews of three sentences
 * take 1.2 ms.
 */
export interface Word {
  /** As in the text, in lower case. */
  readonly surface: string;
  /** Lower case, American spelling, contractions expanded (`n't` is `not`). */
  readonly normal: string;
  readonly stem: string;
  /** Universal part of speech: NOUN, PROPN, ADJ, VERB, NUM, … */
  readonly partOfSpeech: string;
  /** A function word (`the`, `is`). */
  readonly isStopWord: boolean;
  /** Whether it begins with a capital letter. */
  readonly isCapitalised: boolean;
}

export interface Sentence {
  readonly text: string;
  readonly words: readonly Word[];
}

/** wink's token types that are not words; words of unknown scripts have the type `unk`. */
const wordless = new Set(['punctuation', 'symbol', 'tabCRLF', 'currency']);

const maxRunLength = 120;

/** wink caches every word it has seen (113 bytes each); after this many characters it is restarted (50 ms). */
const charactersPerReader = 4_000_000;

let reader: ReturnType<typeof winkNlp> | undefined;
let charactersRead = 0;

function readerFor(text: string): ReturnType<typeof winkNlp> {
  charactersRead += text.length;
  if (reader === undefined || charactersRead > charactersPerReader) {
    reader = winkNlp(winkModel, ['sbd', 'pos', 'negation', 'sentiment']);
    charactersRead = 0;
  }
  return reader;
}

/** Removes control characters and runs without a space that no language has. */
export function readableText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' || character === '\t' ? character : ' '))
    .replaceAll(/([。！？])(?!\n)/g, '$1\n')
    .replaceAll(/\S+/g, (run) => (run.length > maxRunLength ? ' ' : run));
}

/** The sentences of one line of readable text, in order. */
export function readSentences(line: string): Sentence[] {
  if (line.trim() === '') return [];
  const nlp = readerFor(line);
  const { its } = nlp;
  // The package's types declare `stem` with a third parameter that `out` does not pass.
  const stemOf = its.stem as unknown as typeof its.normal;
  const sentences: Sentence[] = [];
  nlp
    .readDoc(line)
    .sentences()
    .each((item: ItemSentence) => {
      const words: Word[] = [];
      item.tokens().each((token: ItemToken) => {
        if (wordless.has(String(token.out(its.type)))) return;
        words.push({
          surface: token.out().toLowerCase(),
          normal: String(token.out(its.normal)),
          stem: String(token.out(stemOf)),
          partOfSpeech: String(token.out(its.pos)),
          isStopWord: Boolean(token.out(its.stopWordFlag)) || isGrammar(token.out()),
          isCapitalised: /^\p{Lu}/u.test(token.out()),
        });
      });
      const text = item.out().trim();
      if (words.length > 0) sentences.push({ text, words });
    });
  return sentences;
}

/** wink's own sentiment of English text: below 0 negative, above positive, 0 if it has no known word. */
export function winkSentiment(text: string): number {
  const nlp = readerFor(text);
  return Number(nlp.readDoc(text).out(nlp.its.sentiment));
}
