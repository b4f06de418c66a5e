/**
 * The injection score of a call's texts: of each alone, and of adjacent texts joined, since a model reads the parts,
 * names and messages of a call as one text. System texts are not scored. The items of a batch are separate data: a text
 * of an item is joined with the texts that all items share, never with another item's.
 *
 * Only matches across a border count in the joined text, so that a long conversation has no higher score for its
 * length; and only the ends of a long text are joined, so a call costs at most twice what its texts cost.
 */
import type { GuardedText } from '../verdict.ts';
import type { InjectionHit } from './injection-hit.ts';
import { scoreInjection, scoreOf } from './score-injection.ts';

/** The length of each joined end of a text, in characters. */
const joinedEnd = 200;

export interface TextsScore {
  readonly score: number;
  readonly rules: ReadonlySet<InjectionHit['rule']>;
  /** The spans to remove from each text. */
  readonly hits: readonly (readonly InjectionHit[])[];
}

/** The source of a piece of a joined text. */
interface Piece {
  readonly text: number;
  /** Its offset in its text. */
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/** `undefined` if nothing reaches the threshold. */
export function scoreTexts(texts: readonly GuardedText[], threshold: number): TextsScore | undefined {
  let highest = 0;
  let rules: Set<InjectionHit['rule']> | undefined;
  let hits: InjectionHit[][] | undefined;
  const add = (text: number, hit: InjectionHit) => {
    rules ??= new Set();
    hits ??= texts.map(() => []);
    rules.add(hit.rule);
    hits[text]?.push(hit);
  };
  let scored = 0;
  for (const [index, { role, text }] of texts.entries()) {
    if (role === 'system' || text === '') continue;
    scored += 1;
    const alone = scoreInjection(text);
    if (alone.score < threshold) continue;
    highest = Math.max(highest, alone.score);
    for (const hit of alone.hits) add(index, hit);
  }
  if (scored > 1)
    for (const { scope, separator } of joinings(texts)) {
      const { joined, pieces, splitsWord } = join(texts, scope, separator);
      if (separator === '' && !splitsWord) continue;
      const across = scoreInjection(joined).hits.filter((hit) => crossed(pieces, hit) > 1);
      const score = scoreOf(across);
      if (score < threshold) continue;
      highest = Math.max(highest, score);
      for (const hit of across)
        for (const { text, offset, start, end } of pieces)
          if (hit.start < end && start < hit.end)
            add(text, {
              ...hit,
              start: Math.max(hit.start, start) - start + offset,
              end: Math.min(hit.end, end) - start + offset,
            });
    }
  return rules === undefined || hits === undefined ? undefined : { score: highest, rules, hits };
}

/** Each item with the shared texts; without items, the whole call once. */
function joinings(texts: readonly GuardedText[]): { scope: string | undefined; separator: string }[] {
  const scopes = new Set<string | undefined>();
  for (const { scope } of texts) if (scope !== undefined) scopes.add(scope);
  if (scopes.size === 0) scopes.add(undefined);
  return [...scopes].flatMap((scope) => [
    { scope, separator: ' ' },
    { scope, separator: '' },
  ]);
}

function crossed(pieces: readonly Piece[], { start, end }: InjectionHit): number {
  let count = 0;
  let last = -1;
  for (const piece of pieces)
    if (start < piece.end && piece.start < end && piece.text !== last) {
      count += 1;
      last = piece.text;
    }
  return count;
}

const wordAtEnd = /[\p{L}\d]$/u;
const wordAtStart = /^[\p{L}\d]/u;

/** Concatenates the texts: complete if they are short, else their two ends. */
function join(texts: readonly GuardedText[], item: string | undefined, separator: string) {
  let joined = '';
  let splitsWord = false;
  const pieces: Piece[] = [];
  const add = (text: number, offset: number, piece: string) => {
    pieces.push({ text, offset, start: joined.length, end: joined.length + piece.length });
    joined += piece;
  };
  for (const [index, { role, text, scope }] of texts.entries()) {
    if (role === 'system' || text === '' || (scope !== undefined && scope !== item)) continue;
    if (joined !== '') {
      splitsWord ||= wordAtEnd.test(joined.slice(-2)) && wordAtStart.test(text);
      joined += separator;
    }
    if (text.length <= 2 * joinedEnd) add(index, 0, text);
    else {
      add(index, 0, text.slice(0, joinedEnd));
      joined += '\n\n';
      add(index, text.length - joinedEnd, text.slice(-joinedEnd));
    }
  }
  return { joined, pieces, splitsWord };
}
