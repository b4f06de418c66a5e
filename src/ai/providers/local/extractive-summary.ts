import { languageOf } from './languages.ts';
import type { Sentence } from './read-text.ts';
import { opinionOf } from './sentiment.ts';

export interface SummaryOptions {
  readonly maxSentences: number;
  readonly maxCharacters: number;
  /** The code of the language to summarise in. @default the language of most of the text */
  readonly language?: string | undefined;
}

/**
 * The most central sentences of a text, in its order: those that share the most words with the others, without
 * duplicates, and with praise and criticism if both are frequent. No text is added, except a full stop after a sentence
 * without one. `undefined` if there is no sentence. 60 sentences take about 1 ms.
 */
export function extractiveSummary(sentences: readonly Sentence[], options: SummaryOptions): Written | undefined {
  const candidates = candidatesOf(inLanguage(sentences, options.language));
  const count = candidates.length >= 6 ? 3 : candidates.length >= 3 ? 2 : candidates.length;
  const chosen: Candidate[] = [];
  let room = options.maxCharacters;
  for (const candidate of mostCentral(candidates, Math.min(count, options.maxSentences))) {
    if (candidate.text.length + 1 > room) continue;
    chosen.push(candidate);
    room -= candidate.text.length + 1;
  }
  const [first] = candidates;
  if (chosen.length === 0) return first === undefined ? undefined : cut(first.text, options.maxCharacters);
  const inOrder = chosen.sort((a, b) => a.position - b.position).map(({ text }) => text);
  return { text: inOrder.join(' '), isCut: false };
}

/** The text, and whether its last sentence was truncated. */
export interface Written {
  readonly text: string;
  readonly isCut: boolean;
}

interface Candidate {
  readonly text: string;
  readonly position: number;
  readonly stems: ReadonlySet<string>;
  readonly praise: number;
  readonly criticism: number;
  score: number;
}

/** Truncates a text at a word boundary. */
export function cut(text: string, maxCharacters: number): Written {
  if (text.length <= maxCharacters) return { text, isCut: false };
  const start = text.slice(0, Math.max(0, maxCharacters - 1));
  return { text: `${start.slice(0, Math.max(start.lastIndexOf(' '), 0)) || start}…`, isCut: true };
}

/** The stems of a sentence's content words. */
export function contentStems(sentence: Sentence): ReadonlySet<string> {
  return new Set(
    sentence.words.filter(({ isStopWord, stem }) => !isStopWord && stem.length > 2).map(({ stem }) => stem),
  );
}

/** The sentences of one language and of unknown language, if there are two or more; else all. */
function inLanguage(sentences: readonly Sentence[], language: string | undefined): readonly Sentence[] {
  const main = languageOf(sentences.map(({ text }) => text).join(' '));
  for (const code of [language?.trim().toLowerCase().slice(0, 2), main]) {
    const matching = sentences.filter(({ text }) => (languageOf(text) ?? main) === code);
    if (matching.length >= 2) return matching;
  }
  return sentences;
}

/** Every sentence with its centrality, most central first; ties in order of the text. */
function candidatesOf(sentences: readonly Sentence[]): Candidate[] {
  const stemSets = sentences.map(contentStems);
  const frequency = new Map<string, number>();
  for (const stems of stemSets) for (const stem of stems) frequency.set(stem, (frequency.get(stem) ?? 0) + 1);
  const candidates = sentences.map((sentence, position): Candidate => {
    const stems = stemSets[position] ?? new Set();
    let shared = 0;
    for (const stem of stems) shared += Math.log2(frequency.get(stem) ?? 1);
    const opinion = opinionOf(sentence.text);
    const length = sentence.words.length;
    const readable = (length < 4 ? 0.5 : length > 35 ? 0.6 : 1) * (sentence.text.endsWith('?') ? 0.4 : 1);
    const judging = opinion.praise + opinion.criticism > 0 ? 1.3 : 1;
    const score = ((0.5 + shared) / Math.sqrt(stems.size + 3)) * readable * judging;
    return { text: withFullStop(sentence.text), position, stems, ...opinion, score };
  });
  return candidates.sort((a, b) => b.score - a.score || a.position - b.position);
}

function mostCentral(candidates: readonly Candidate[], count: number): Candidate[] {
  const chosen: Candidate[] = [];
  const remaining = new Set(candidates);
  while (chosen.length < count && remaining.size > 0) {
    let best: Candidate | undefined;
    let bestScore = -1;
    for (const candidate of remaining) {
      const likeness = Math.max(0, ...chosen.map((sentence) => similarity(candidate.stems, sentence.stems)));
      if (likeness > 0.5) remaining.delete(candidate);
      else if (candidate.score * (1 - likeness) > bestScore)
        [best, bestScore] = [candidate, candidate.score * (1 - likeness)];
    }
    if (best === undefined) break;
    chosen.push(best);
    remaining.delete(best);
  }
  return balanced(chosen, remaining);
}

/**
 * Replaces the last sentence by one of the other sentiment if at least a quarter of the evaluative sentences have it.
 */
function balanced(chosen: Candidate[], remaining: ReadonlySet<Candidate>): Candidate[] {
  const judges = [...chosen, ...remaining].filter(({ praise, criticism }) => praise !== criticism);
  for (const side of [isCritical, isPraising]) {
    const onSide = judges.filter(side);
    if (chosen.length < 2 || onSide.length * 4 < judges.length || chosen.some(side)) continue;
    const best = [...remaining].find(side);
    if (best !== undefined) return [...chosen.slice(0, -1), best];
  }
  return chosen;
}

function isPraising({ praise, criticism }: Candidate): boolean {
  return praise > criticism;
}

function isCritical({ praise, criticism }: Candidate): boolean {
  return criticism > praise;
}

function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = a.intersection(b).size;
  return shared === 0 ? 0 : shared / Math.min(a.size, b.size);
}

function withFullStop(text: string): string {
  return /[.!?…。！？]["'”’)\]]?$/.test(text) ? text : `${text}.`;
}
