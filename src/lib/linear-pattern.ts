/**
 * Patterns in RE2 syntax, matched in a time that grows with the text alone, whatever the pattern is
 * (https://github.com/google/re2/wiki/Syntax; no look-around, no back-references).
 */
import type * as Re2 from 're2js';
import { packageOnDemand } from './on-demand.ts';

export const re2 = packageOnDemand<typeof Re2>('re2js');

export interface LinearPattern {
  /** Whether the pattern matches somewhere in the text. */
  test(text: string): boolean;
}

/** @returns undefined for a pattern that does not compile */
export function compileLinearPattern(pattern: string): LinearPattern | undefined {
  try {
    return re2().RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
