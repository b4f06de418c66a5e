/** Compiles a `@constraint` to a check of single values. */
import { compileLinearPattern, ExactNumber } from '../../lib/index.ts';
import type { Constraint } from './constraint.ts';
import { formats } from './formats.ts';

/** A rule that a value breaks: its name in the directive, and what it says. */
export interface BrokenRule {
  readonly rule: 'min' | 'max' | 'minLength' | 'maxLength' | 'minItems' | 'maxItems' | 'pattern' | 'format';
  readonly expected: number | string;
}

export interface CompiledConstraint {
  /** @returns the rules that a value which is no list breaks; null breaks none */
  value(value: unknown): readonly BrokenRule[];
  items(count: number): readonly BrokenRule[];
}

const none: readonly BrokenRule[] = [];

export function compileConstraint(constraint: Constraint): CompiledConstraint {
  const { min, max, minLength, maxLength, minItems, maxItems } = constraint;
  const patterns = (constraint.patterns ?? []).map((source) => ({ source, test: compileLinearPattern(source) }));
  const formatTests = (constraint.formats ?? []).map((name) => ({ name, test: formats.get(name) }));
  const hasNumbers = min !== undefined || max !== undefined;
  const hasLengths = minLength !== undefined || maxLength !== undefined;
  const hasTexts = hasLengths || patterns.length > 0 || formatTests.length > 0;
  return {
    value(value) {
      if (value === null || value === undefined) return none;
      const broken: BrokenRule[] = [];
      if (hasNumbers) {
        const number = numberOf(value);
        if (min !== undefined && !(number >= min)) broken.push({ rule: 'min', expected: min });
        if (max !== undefined && !(number <= max)) broken.push({ rule: 'max', expected: max });
      }
      if (!hasTexts) return broken;
      const text = textOf(value);
      if (minLength !== undefined && !hasAtLeast(text, minLength))
        broken.push({ rule: 'minLength', expected: minLength });
      if (maxLength !== undefined && hasAtLeast(text, maxLength + 1)) {
        // How long it takes to match a pattern grows with the text.
        broken.push({ rule: 'maxLength', expected: maxLength });
        return broken;
      }
      for (const { source, test } of patterns)
        if (test?.test(text) !== true) broken.push({ rule: 'pattern', expected: source });
      for (const { name, test } of formatTests)
        if (test?.(text) !== true) broken.push({ rule: 'format', expected: name });
      return broken;
    },
    items(count) {
      if (minItems !== undefined && count < minItems) return [{ rule: 'minItems', expected: minItems }];
      if (maxItems !== undefined && count > maxItems) return [{ rule: 'maxItems', expected: maxItems }];
      return none;
    },
  };
}

/** A custom scalar may write a number as text. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof ExactNumber) return Number(value.text);
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** An ID may be a number. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof ExactNumber ? value.text : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether a text has so many characters, by code points. */
function hasAtLeast(text: string, count: number): boolean {
  if (text.length < count) return false;
  if (text.length >= count * 2) return true;
  let characters = 0;
  for (const _ of text) if (++characters >= count) return true;
  return characters >= count;
}
