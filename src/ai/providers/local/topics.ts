import { foldedWords, languageOf } from './languages.ts';
import { opinionWords } from './opinion-words.ts';
import type { Sentence, Word } from './read-text.ts';

/** Nouns that are not a topic of a product. */
const emptyNouns = new Set(
  `thing things lot lots bit way ways reason reasons one ones time times day days week weeks month months year years hour hours minute minutes
  product products item purchase buy review reviews star stars people person everyone anyone someone nothing everything something kind sort part
  side end front start today yesterday morning evening night gift husband wife son daughter friend friends mom dad kid kids family problem
  problems issue issues complaint complaints downside downsides use job need fan money ok okay overall hand point idea chance
  percent degrees grams kilos metres meters mother father mum brother partner guest guests neighbour neighbours half rest mine  penny charm hopes tuesday monday wednesday thursday friday saturday sunday christmas birthday expectations
  wochen woche tage tagen monat monaten jahr jahre semaine semaines jour jours mois annee semana semanas dias meses demasiado despues`.split(
    /\s+/,
  ),
);

/**
 * The topics of a text: its nouns, one to three in a row, in lower case, most frequent first, then longer ones, then
 * earlier ones; without duplicates of a stem. Opinions (`great`), times and people are excluded.
 */
export function topicsOf(sentences: readonly Sentence[], most: number): string[] {
  const topicsByStem = new Map<
    string,
    { readonly phrase: string; readonly words: number; count: number; readonly at: number }
  >();
  let at = 0;
  for (const sentence of sentences) {
    for (const phrase of nounRuns(sentence).flatMap(phrasesOf)) {
      const key = phrase.map(({ stem }) => stem).join(' ');
      const topic = topicsByStem.get(key);
      if (topic !== undefined) topic.count++;
      else
        topicsByStem.set(key, {
          phrase: phrase.map(({ surface }) => surface).join(' '),
          words: phrase.length,
          count: 1,
          at: at++,
        });
    }
  }
  const ranked = [...topicsByStem].sort(([, a], [, b]) => b.count - a.count || b.words - a.words || a.at - b.at);
  const topics: string[] = [];
  const used = new Set<string>();
  for (const [key, { phrase }] of ranked) {
    const stems = key.split(' ');
    if (stems.filter((stem) => used.has(stem)).length * 2 >= stems.length) continue;
    for (const stem of stems) used.add(stem);
    topics.push(phrase);
    if (topics.length >= most) break;
  }
  return topics;
}

/** A run of nouns and its pairs: `battery life` counts twice if `battery life gauge` follows. */
function phrasesOf(run: readonly Word[]): (readonly Word[])[] {
  return run.length < 3 ? [run] : [run, run.slice(0, 2), run.slice(1, 3)];
}

function nounRuns(sentence: Sentence): Word[][] {
  const language = languageOf(sentence.text) ?? 'en';
  if (language === 'ja') return japaneseNouns(sentence.text);
  const isTopic =
    language === 'en' ? isEnglishTopic : (word: Word) => isForeignTopic(word, language === 'de', sentence);
  const runs: Word[][] = [];
  let run: Word[] = [];
  const close = () => {
    if (run.length > 0) runs.push(run.slice(-3));
    run = [];
  };
  for (const word of sentence.words) {
    const judges = opinionWords[language].valueOf(foldedWords(word.normal)[0] ?? '') !== 0;
    if (isTopic(word) && !judges) run.push(word);
    else close();
    // Only English writes compounds as separate words.
    if (language !== 'en') close();
  }
  close();
  return runs;
}

function isEnglishTopic({ partOfSpeech, isStopWord, normal }: Word): boolean {
  const isNoun = partOfSpeech === 'NOUN' || partOfSpeech === 'PROPN';
  return isNoun && !isStopWord && normal.length > 2 && !emptyNouns.has(normal) && /^\p{L}[\p{L}-]*$/u.test(normal);
}

/** Japanese nouns are written in Katakana or in two or more Kanji. */
function japaneseNouns(text: string): Word[][] {
  return (text.match(/[\p{sc=Katakana}ー]{2,}|\p{sc=Han}{2,}/gu) ?? []).map((noun) => [
    { surface: noun, normal: noun, stem: noun, partOfSpeech: 'NOUN', isStopWord: false, isCapitalised: false },
  ]);
}

/**
 * German nouns are recognised by their capital; in French and Spanish every longer word that is not a function word may
 * be one.
 */
function isForeignTopic(word: Word, german: boolean, sentence: Sentence): boolean {
  if (!/^\p{L}{4,}$/u.test(word.normal) || word.isStopWord) return false;
  if (german) return word.isCapitalised && (word !== sentence.words[0] || word.normal.length > 4);
  return (word.partOfSpeech === 'NOUN' || word.partOfSpeech === 'PROPN') && word.normal.length > 4;
}
