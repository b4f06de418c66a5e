/** What a guard found: which rule, what was done, how often. A finding never holds the text that was found. */
import type { GuardMode } from '../../config/index.ts';

export type Guard = 'pii' | 'secrets' | 'injection' | 'patterns' | 'output' | 'moderation';

export interface Finding {
  readonly guard: Guard;
  /** Such as `email`, `override`, `url`, or the name of a pattern. */
  readonly rule: string;
  /** What was done about it. */
  readonly mode: GuardMode;
  readonly count: number;
  /** Of `injection`: the score of the text that scored highest, 0 to 1. */
  readonly score?: number;
}

/** A stretch of a text that a guard found. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly guard: Guard;
  readonly rule: string;
  readonly mode: GuardMode;
}

const nothing: readonly Finding[] = Object.freeze([]);

/** Findings of one call, equal ones counted together. Costs nothing until something is found. */
export class Findings {
  #found: { guard: Guard; rule: string; mode: GuardMode; count: number; score: number | undefined }[] | undefined;
  #blocked = false;

  /** A list searched from its end: a text has few rules' finds, and the next is mostly of the last one's rule. */
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

  /** Whether anything was found that refuses the whole. */
  get blocked(): boolean {
    return this.#blocked;
  }

  list(): readonly Finding[] {
    if (this.#found === undefined) return nothing;
    return this.#found.map(({ score, ...finding }) => (score === undefined ? finding : { ...finding, score }));
  }
}

/** The names records carry: `pii.email:mask`, with the count where it is more than one: `pii.email:mask x3`. */
export function describeFindings(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ guard, rule, mode, count }) => `${guard}.${rule}:${mode}${count === 1 ? '' : ` x${count}`}`);
}
