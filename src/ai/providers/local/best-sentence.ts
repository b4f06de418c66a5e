import { contentStems } from './extractive-summary.ts';
import { languageOf } from './languages.ts';
import { readSentences, type Sentence } from './read-text.ts';
import { cosine, embedTexts } from './sentence-embedder.ts';

/** Words of a question that do not identify its subject. */
const emptyStems = new Set(
  'product item anyon know tell pleas say review custom peopl thing use work get make come need want like realli much mani long often doe ani actual think find describ mean'.split(
    ' ',
  ),
);

/** The number of sentences compared by embedding if no words match: 12 take about 100 ms. */
const comparedByMeaning = 12;

/** Below this cosine, sentences are unrelated. */
const relatedCosine = 0.4;

/**
 * The sentence that answers a question best, or `undefined` if none is related to it.
 *
 * First by words: the stems that a sentence shares with the question, rare ones weighted higher; a number counts if the
 * question asks for one. Only if no sentence shares enough, by embedding: the nearest of the first {@link
 * comparedByMeaning}, unless the question contains a name (`Bluetooth 5`) that is not in the text, or is not English,
 * the only language of the embedding model. `aboutNames` are names that all sentences are about (the product's): they
 * do not distinguish sentences. 60 sentences take under 1 ms by words.
 */
export async function bestSentence(
  question: string,
  sentences: readonly Sentence[],
  aboutNames: readonly string[],
): Promise<string | undefined> {
  const distinct = [...new Map(sentences.map((sentence) => [sentence.text.toLowerCase(), sentence])).values()];
  const questionSentences = readSentences(question);
  const about = new Set(aboutNames.flatMap(readSentences).flatMap((sentence) => [...contentStems(sentence)]));
  const stems = new Set(
    questionSentences.flatMap((sentence) => [...contentStems(sentence)]).filter((stem) => !about.has(stem)),
  );
  const telling = stems.difference(emptyStems);
  const byWords = nearestByWords(telling.size > 0 ? telling : stems, distinct, isNumberQuestionText(question));
  if (byWords !== undefined || distinct.length === 0) return byWords;
  const isEnglish = languageOf(question) === 'en';
  return !isEnglish || namesUnknown(questionSentences, distinct, about)
    ? undefined
    : nearestByMeaning(question, distinct);
}

function nearestByWords(
  questionStems: ReadonlySet<string>,
  sentences: readonly Sentence[],
  isNumberQuestion: boolean,
): string | undefined {
  const stemsOf = sentences.map(contentStems);
  const weights = new Map<string, number>();
  let whole = 0;
  for (const stem of questionStems) {
    const holding = stemsOf.filter((stems) => likeness(stem, stems) > 0).length;
    const weight = Math.log(1 + sentences.length / (holding + 0.5));
    weights.set(stem, weight);
    whole += weight;
  }
  let best: string | undefined;
  let bestScore = 0;
  for (const [index, sentence] of sentences.entries()) {
    const stems = stemsOf[index] ?? new Set();
    let shared = 0;
    for (const [stem, weight] of weights) shared += weight * likeness(stem, stems);
    if (shared < 0.25 * whole || shared === 0) continue;
    const hasNumber =
      isNumberQuestion &&
      sentence.words.some(({ partOfSpeech, normal }) => partOfSpeech === 'NUM' || /\d/.test(normal));
    const isQuestion = sentence.text.endsWith('?');
    const score = (shared * (hasNumber ? 1.6 : 1) * (isQuestion ? 0.3 : 1)) / (1 + sentence.words.length / 60);
    if (score > bestScore) [best, bestScore] = [sentence.text, score];
  }
  return best;
}

/** 1 for the stem itself, 0.6 if one is a prefix of the other (`water` and `waterproof`). */
function likeness(stem: string, stems: ReadonlySet<string>): number {
  if (stems.has(stem)) return 1;
  if (stem.length < 5) return 0;
  for (const candidate of stems) {
    if (candidate.length >= 5 && (candidate.startsWith(stem) || stem.startsWith(candidate))) return 0.6;
  }
  return 0;
}

function isNumberQuestionText(question: string): boolean {
  return /\b(?:how (?:long|many|much|often|heavy|big|large|far|old|fast|tall|wide|deep|thick)|when|what (?:size|weight|price))\b/i.test(
    question,
  );
}

/** Whether the question contains a name, recognised by an inner capital or a digit, that is in no sentence. */
function namesUnknown(
  question: readonly Sentence[],
  sentences: readonly Sentence[],
  about: ReadonlySet<string>,
): boolean {
  const names = question
    .flatMap(({ words }) => words.slice(1))
    .filter(({ isCapitalised, isStopWord, normal }) => (isCapitalised && !isStopWord) || /\d/.test(normal))
    .map(({ stem }) => stem)
    .filter((stem) => !about.has(stem));
  const held = new Set(sentences.flatMap(({ words }) => words.map(({ stem }) => stem)));
  return names.some((stem) => !held.has(stem));
}

async function nearestByMeaning(question: string, sentences: readonly Sentence[]): Promise<string | undefined> {
  const compared = sentences.slice(0, comparedByMeaning).map(({ text }) => text.slice(0, 300));
  const [questionVector, ...vectors] = await embedTexts([question.slice(0, 300), ...compared]);
  let best: string | undefined;
  let bestCosine = relatedCosine;
  for (const [index, vector] of vectors.entries()) {
    const near = questionVector === undefined ? 0 : cosine(questionVector, vector);
    if (near > bestCosine) [best, bestCosine] = [sentences[index]?.text, near];
  }
  return best;
}
