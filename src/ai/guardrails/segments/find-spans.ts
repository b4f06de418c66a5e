/**
 * Finds matches in one segment of a text: personal data, secrets, custom recognisers, blocked patterns and, in answers,
 * URLs. The features of the segment's characters select the finders; a plain word needs none.
 */
import type { GuardMode, GuardrailsConfig, PersonalDataKind } from '../../../config/index.ts';
import { type CustomPattern, compileAnyOf, compileCustomPattern } from '../custom-pattern.ts';
import type { Guard, Span } from '../finding.ts';
import { findUrls } from '../output/find-urls.ts';
import { findAddresses } from '../pii/find-addresses.ts';
import { findCards } from '../pii/find-cards.ts';
import { findEmails } from '../pii/find-emails.ts';
import { findIbans } from '../pii/find-ibans.ts';
import { findIpAddresses } from '../pii/find-ip-addresses.ts';
import { createPhoneFinder, type PhoneFinder } from '../pii/find-phones.ts';
import { findSecrets } from '../pii/find-secrets.ts';
import { numberRuns } from '../pii/number-runs.ts';
import { feature } from './character-kinds.ts';
import type { SegmentNeeds } from './segmenter.ts';

/** The finders of one direction, compiled once. */
export interface SpanRules {
  readonly kinds: ReadonlyMap<PersonalDataKind, GuardMode>;
  readonly country: string | undefined;
  readonly secrets: GuardMode | undefined;
  /** Recognisers (guard `pii`) and blocked patterns (guard `patterns`). */
  readonly patterns: readonly { readonly guard: Guard; readonly pattern: CustomPattern }[];
  /** Whether any of `own` can match in a text; `undefined`: each segment must be tested. */
  readonly anyPattern: ((text: string) => boolean) | undefined;
  readonly urls: { readonly allow: ReadonlySet<string>; readonly mode: GuardMode } | undefined;
  readonly needs: SegmentNeeds;
  /** A segment without any of these features has no matches, except of custom patterns. */
  readonly interesting: number;
}

const maxRounds = 3;
const urlFeatures = feature.colon | feature.dot;

export function compileSpanRules(config: GuardrailsConfig, direction: 'input' | 'output'): SpanRules {
  const kinds = config.personalData?.kinds ?? new Map<PersonalDataKind, GuardMode>();
  const patterns = [
    ...(config.personalData?.recognizers ?? []).map((pattern) => ({ guard: 'pii' as const, pattern })),
    ...config.blockedPatterns.map((pattern) => ({ guard: 'patterns' as const, pattern })),
  ].map(({ guard, pattern }) => ({ guard, pattern: compileCustomPattern(pattern) }));
  const { urls, markup } = config.output;
  const isOutput = direction === 'output';
  const secrets = config.secrets?.mode;
  let interesting = 0;
  if (kinds.has('email')) interesting |= feature.at;
  if (kinds.has('phone') || kinds.has('card') || kinds.has('iban') || kinds.has('ip')) interesting |= feature.digit;
  if (kinds.has('ip')) interesting |= feature.colon;
  if (kinds.has('address')) interesting |= feature.address;
  if (secrets !== undefined)
    interesting |= feature.longWord | feature.keyWord | feature.equals | feature.insideKey | feature.colon | feature.at;
  if (isOutput && urls !== undefined) interesting |= urlFeatures;
  return {
    kinds,
    country: config.personalData?.country,
    secrets,
    patterns,
    anyPattern: compileAnyOf([...(config.personalData?.recognizers ?? []), ...config.blockedPatterns]),
    urls: isOutput && urls !== undefined ? { allow: new Set(urls.allow), mode: urls.mode } : undefined,
    needs: {
      numbers: kinds.has('phone') || kinds.has('card') || kinds.has('iban'),
      addresses: kinds.has('address'),
      secrets: secrets !== undefined,
      markup: isOutput && markup !== undefined,
      lines: patterns.some(({ pattern }) => !pattern.inWord),
    },
    interesting,
  };
}

/** Finds spans in the segments of one call, in order. */
export class SpanFinder {
  readonly #rules: SpanRules;
  #phones: PhoneFinder | undefined;
  #ownMayMatch = false;

  constructor(rules: SpanRules) {
    this.#rules = rules;
  }

  /** Called before the segments of a text. */
  begin(text: string): void {
    const { patterns, anyPattern } = this.#rules;
    this.#ownMayMatch = patterns.length > 0 && (anyPattern === undefined || anyPattern(text));
  }

  /** Whether a segment may have matches. */
  isWorthIt(features: number): boolean {
    const { interesting, patterns } = this.#rules;
    return (
      (features & interesting) !== 0 || this.#ownMayMatch || (patterns.length > 0 && (features & feature.cut) !== 0)
    );
  }

  /** The spans of a segment, sorted and disjoint: the earliest beginning wins, then the longest. */
  find(segment: string, features: number): Span[] {
    const spans = this.#findOnce(segment, features);
    return spans.length === 0 ? spans : this.#findBetween(segment, features, spans, maxRounds);
  }

  /**
   * Looks again between what is masked: a mask takes away what a find stood beside (the letter that made `2671 221B` no
   * number), and what is found then must not be found first in the answer.
   */
  #findBetween(segment: string, features: number, spans: Span[], rounds: number): Span[] {
    const more: Span[] = [];
    let from = 0;
    for (let index = 0; index <= spans.length; index += 1) {
      const span = spans[index];
      if (span !== undefined && span.mode !== 'mask') continue;
      const end = span?.start ?? segment.length;
      if (end - from > 4)
        for (const nested of this.#findOnce(segment.slice(from, end), features))
          more.push({ ...nested, start: nested.start + from, end: nested.end + from });
      from = span?.end ?? end;
    }
    const all = withoutOverlaps([...spans, ...more]);
    const grew = all.length > spans.length;
    return grew && rounds > 1 ? this.#findBetween(segment, features, all, rounds - 1) : all;
  }

  #findOnce(segment: string, features: number): Span[] {
    const spans: Span[] = [];
    const { kinds, secrets, patterns, urls } = this.#rules;
    const add = (guard: Guard, rule: string, mode: GuardMode) => (start: number, end: number) => {
      spans.push({ start, end, guard, rule, mode });
    };
    if (secrets !== undefined)
      findSecrets(segment, features, (rule, start, end) => {
        spans.push({ start, end, guard: 'secrets', rule, mode: secrets });
      });
    if (urls !== undefined && (features & urlFeatures) !== 0)
      findUrls(segment, urls.allow, add('output', 'url', urls.mode));
    const email = kinds.get('email');
    if (email !== undefined && (features & feature.at) !== 0) findEmails(segment, add('pii', 'email', email));
    if ((features & feature.digit) !== 0) this.#findNumbers(segment, add);
    const ip = kinds.get('ip');
    if (ip !== undefined && (features & (feature.digit | feature.colon)) !== 0)
      findIpAddresses(segment, add('pii', 'ip', ip));
    const address = kinds.get('address');
    // Every form of an address holds a name.
    if (
      address !== undefined &&
      (features & feature.address) !== 0 &&
      (features & (feature.upper | feature.wide)) !== 0
    )
      findAddresses(segment, add('pii', 'address', address));
    if (this.#ownMayMatch || (features & feature.cut) !== 0)
      for (const { guard, pattern } of patterns) pattern.find(segment, add(guard, pattern.name, pattern.mode));
    return spans.length < 2 ? spans : withoutOverlaps(spans);
  }

  #findNumbers(
    segment: string,
    add: (guard: Guard, rule: string, mode: GuardMode) => (start: number, end: number) => void,
  ): void {
    const { kinds, country } = this.#rules;
    const [iban, card, phone] = [kinds.get('iban'), kinds.get('card'), kinds.get('phone')];
    if (iban !== undefined && segment.length > 14) findIbans(segment, add('pii', 'iban', iban));
    if ((card === undefined && phone === undefined) || segment.length < 7) return;
    const runs = numberRuns(segment, 7);
    if (runs.length === 0) return;
    if (card !== undefined) findCards(segment, runs, add('pii', 'card', card));
    if (phone === undefined) return;
    this.#phones ??= createPhoneFinder(country);
    this.#phones.find(segment, runs, add('pii', 'phone', phone));
  }
}

const strength: Readonly<Record<GuardMode, number>> = { block: 0, mask: 1, flag: 2 };

/**
 * Of nested spans the outer one remains; an overlapping one is trimmed. Blocks take precedence over masks, masks over
 * flags, so that a flag never hides text that must be removed.
 */
function withoutOverlaps(spans: readonly Span[]): Span[] {
  const disjoint: Span[] = [];
  const ranked = [...spans].sort((a, b) => strength[a.mode] - strength[b.mode] || a.start - b.start || b.end - a.end);
  // Per mode the spans are already sorted and disjoint; three sweeps keep it n log n.
  for (const mode of ['block', 'mask', 'flag'] as const) {
    const before = disjoint.splice(0);
    let at = 0;
    let covered = 0;
    const merged: Span[] = [];
    for (const span of ranked) {
      if (span.mode !== mode) continue;
      let start = Math.max(span.start, covered);
      while (at < before.length && (before[at]?.end ?? 0) <= start) at += 1;
      for (let index = at; start < span.end; index += 1) {
        const next = before[index];
        const end = Math.min(span.end, next?.start ?? span.end);
        if (end > start) merged.push({ ...span, start, end });
        if (next === undefined || next.start >= span.end) break;
        start = Math.max(start, next.end);
      }
      covered = Math.max(covered, span.end);
    }
    disjoint.push(...before, ...merged);
    disjoint.sort((a, b) => a.start - b.start);
  }
  return disjoint;
}
