/**
 * The findings of the guards: which rule matched, which mode applied, how often. A finding never contains the matched
 * text.
 */
import type { GuardMode } from '../../config/index.ts';

export type Guard = 'pii' | 'secrets' | 'injection' | 'patterns' | 'output' | 'moderation';

export interface Finding {
  readonly guard: Guard;
  /** Such as `email`, `override`, `url`, or the name of a pattern. */
  readonly rule: string;
  /** The mode that applied. */
  readonly mode: GuardMode;
  readonly count: number;
  /** For `injection`: the highest score of a text, 0 to 1. */
  readonly score?: number;
}

/** A match of a guard in a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly guard: Guard;
  readonly rule: string;
  readonly mode: GuardMode;
}

const nothing: readonly Finding[] = Object.freeze([]);

/** The findings of one call, with equal ones counted together. Allocates nothing before the first finding. */
export class Findings {
  #found: { guard: Guard; rule: string; mode: GuardMode; count: number; score: number | undefined }[] | undefined;
  #blocked = false;

  /** A list that is searched from its end: a text has findings of few rules, mostly of the rule of the last one. */
  add(guard: Guard, rule: string, mode: GuardMode, score?: number): void {
    this.#found ??= [];
    if (mode === 'block') this.#blocked = true;
    const entry = this.#found.findLast((item) => item.rule === rule && item.guard === guard && item.mode === mode);
    if (entry === undefined) this.#found.push({ guard, rule, mode, count: 1, score });
    else {
      entry.count += 1;
      if (score !== undefined) entry.score = Math.max(score, entry.score ?? 0);
    }
  }

  /** Whether a finding blocks the text. */
  get blocked(): boolean {
    return this.#blocked;
  }

  list(): readonly Finding[] {
    if (this.#found === undefined) return nothing;
    return this.#found.map(({ score, ...finding }) => (score === undefined ? finding : { ...finding, score }));
  }
}

/** The form of a finding in records: `pii.email:mask`, with the count if it is more than one: `pii.email:mask x3`. */
export function describeFindings(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ guard, rule, mode, count }) => `${guard}.${rule}:${mode}${count === 1 ? '' : ` x${count}`}`);
}
