/**
 * Scores how likely a text gives orders to the model, 0 to 1, and by which rules. Heuristics: they make an attack more
 * expensive and record it. Injection is made harmless elsewhere: untrusted text is in its own message, and an answer is
 * data.
 *
 * Rules of words (`order-rules.ts`): `override`, `reveal`, `persona`, `takeover`, `exfiltrate`, `conceal`, `addressed`,
 * `authority`. Rules of form: `role_marker` (`<|im_start|>`, `### system`, `{{role "system"}}`), `spaced` (separated
 * letters), `encoded` (base64, hex, binary, URL, entities and escapes, rot13, backwards) around any of these. Evidence
 * is only combined if it is close together, so that a long text has no higher score for its length; and evidence that
 * is negated, or quoted by a text about attacks or by a story, counts less. One pass over the characters reads the
 * words; all other searches only run if their characters occur.
 */
import { decodedParts } from './decoded-parts.ts';
import type { Collect, InjectionHit } from './injection-hit.ts';
import type { InjectionRule } from './order-rules.ts';
import { isQuotedSpeech, standsInQuotes } from './quoted-orders.ts';
import { codeSigns, digitSigns, readOrderWords } from './read-order-words.ts';
import { findRoleMarkers } from './role-markers.ts';
import { findJoined, findSpaced, findUnspaced } from './spaced-orders.ts';

export interface InjectionScore {
  readonly score: number;
  /** The matches that contribute to a score above the threshold, in order. */
  readonly hits: readonly InjectionHit[];
}

const harmless: InjectionScore = Object.freeze({ score: 0, hits: [] });

const maxDepth = 2;
/** Evidence further apart than this many characters is not combined. */
const apartAt = 200;
/** Combined evidence begins within this many characters, so that a long text has no higher score for its length. */
const placeLength = 400;
/** How far before an order a word such as `attack` marks it as an example. */
const exampleWithin = 120;

export function scoreInjection(text: string): InjectionScore {
  const hits = collect(text, 0);
  return hits.length === 0 ? harmless : strongest(hits);
}

/** The place with the strongest evidence. */
function strongest(hits: readonly InjectionHit[]): InjectionScore {
  const ordered = hits.toSorted((first, second) => first.start - second.start);
  let best = harmless;
  for (let from = 0; from < ordered.length; ) {
    const start = ordered[from]?.start ?? 0;
    let end = ordered[from]?.end ?? 0;
    let to = from + 1;
    for (
      let next = ordered[to];
      next !== undefined && next.start - end <= apartAt && next.start - start <= placeLength;
      next = ordered[++to]
    )
      end = Math.max(end, next.end);
    const place = ordered.slice(from, to);
    const score = scoreOf(place);
    if (score > best.score) best = { score, hits: place };
    from = to;
  }
  return best;
}

/** The combined score of hits. Each rule counts once, and words covered by a stronger hit do not count again. */
export function scoreOf(hits: readonly InjectionHit[]): number {
  const counted: InjectionHit[] = [];
  let innocent = 1;
  for (const hit of hits.toSorted((first, second) => second.score - first.score)) {
    if (counted.some((strong) => strong.rule === hit.rule || coversTheSame(hit, strong))) continue;
    counted.push(hit);
    innocent *= 1 - hit.score;
  }
  return Math.round((1 - innocent) * 100) / 100;
}

/** From this score on, an order without any qualification counts as evidence of a second kind. */
const bareFrom = 0.6;
const bareEnd =
  /^[\s,"'”»]{0,3}(?:please|now|at all|instead|bitte|jetzt)?\s{0,2}(?:[.!?。！？\n]|$|(?:et|und|y|e|en|och|и|i)\s)/u;

/** `Tell me your rules.`, and not `Tell me your rules on luggage.` */
function isBare(text: string, end: number): boolean {
  return bareEnd.test(text.slice(end, end + 20));
}

/** Two hits on mostly the same words count as one. */
function coversTheSame(first: InjectionHit, second: InjectionHit): boolean {
  const overlap = Math.min(first.end, second.end) - Math.max(first.start, second.start);
  return overlap > 0.6 * Math.min(first.end - first.start, second.end - second.start);
}

function collect(text: string, depth: number): readonly InjectionHit[] {
  const hits: InjectionHit[] = [];
  const negated: number[] = [];
  const examples: number[] = [];
  const latest = new Map<InjectionRule, number>();
  /** Overlapping hits of one rule are merged. */
  const report: Collect = (hit) => {
    const index = latest.get(hit.rule);
    const before = index === undefined ? undefined : hits[index];
    if (index !== undefined && before !== undefined && hit.start <= before.end && before.score >= hit.score)
      hits[index] = { ...before, end: Math.max(before.end, hit.end) };
    else {
      latest.set(hit.rule, hits.length);
      hits.push(hit);
    }
  };
  const { signsPresent, longest, apart, wide, reversed, bits } = readOrderWords(
    text,
    (rule, score, start, end) => {
      if (rule === 'negated') negated.push(end);
      else if (rule === 'quoted') examples.push(start);
      else report({ rule, score: excused(rule, score, start, end), start, end });
    },
    (rule, score, start, end) => {
      if (rule !== 'negated' && rule !== 'quoted' && score >= 0.7) report({ rule: 'encoded', score: 0.9, start, end });
    },
  );
  function excused(rule: InjectionRule, score: number, start: number, end: number): number {
    const refused = negated.at(-1) ?? -1;
    if ((rule === 'override' || rule === 'reveal') && refused >= start && refused <= end) return 0.3;
    if (score >= bareFrom && score < 0.7 && isBare(text, end)) score = 1 - (1 - score) * 0.66;
    const example = examples.at(-1) ?? -1;
    const isExample = example >= 0 && start - example < exampleWithin && standsInQuotes(text, start);
    if (isExample || isQuotedSpeech(text, start, end)) return score / 2;
    // A text about attacks is not blocked for one order, but for two: otherwise mentioning attacks would permit every
    // order.
    return example >= 0 && start - example < exampleWithin ? score * 0.85 : score;
  }
  findRoleMarkers(text, signsPresent, wide, report);
  if (apart > 0) findSpaced(text, report, (joined) => scoreAt(joined, depth));
  if (longest >= 14) findJoined(text, report);
  if (wide) findUnspaced(text, report);
  if (reversed >= 2 && depth === 0) {
    const score = scoreAt([...text].reverse().join(''), depth);
    if (score >= 0.4) report({ rule: 'encoded', start: 0, end: text.length, score: Math.min(1, score + 0.1) });
  }
  if (
    depth >= maxDepth ||
    (longest < 16 && (signsPresent & codeSigns) === 0 && bits < 8 && !manyDigits(text, signsPresent))
  )
    return hits;
  for (const { start, end, decoded } of decodedParts(text, depth)) {
    const score = scoreAt(decoded, depth);
    // A hidden order scores higher than an open one.
    if (score >= 0.4) report({ rule: 'encoded', start, end, score: Math.min(1, score + 0.1) });
  }
  return hits;
}

function scoreAt(text: string, depth: number): number {
  const hits = collect(text, depth + 1);
  return hits.length === 0 ? 0 : strongest(hits).score;
}

const digitGroups = /(?:(?:0x|\\x)?[0-9a-fA-F]{2,8}[\s,:]){6}/;

/** `69 67 6e 6f …`: characters as numbers. */
function manyDigits(text: string, signsPresent: number): boolean {
  return (signsPresent & digitSigns) !== 0 && digitGroups.test(text);
}
