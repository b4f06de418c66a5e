/**
 * A configured pattern, in RE2 syntax: matched in linear time, whatever the pattern is
 * (https://github.com/google/re2/wiki/Syntax; no look-around, no back-references).
 */
import type { GuardMode } from '../../config/index.ts';
import { re2 } from '../../lib/index.ts';
import { compilePrefilter } from './required-literal.ts';

export interface CustomPattern {
  readonly name: string;
  readonly mode: GuardMode;
  /** Whether no match can contain white space: then words are checked separately, and streams are buffered by word. */
  readonly inWord: boolean;
  test(text: string): boolean;
  find(text: string, report: (start: number, end: number) => void): void;
}

export function compileCustomPattern(definition: {
  readonly name: string;
  readonly pattern: string;
  readonly mode: GuardMode;
}): CustomPattern {
  const compiled = re2().RE2JS.compile(definition.pattern);
  const mayMatch = compilePrefilter([definition.pattern]) ?? always;
  const test = (text: string): boolean => mayMatch(text) && compiled.test(text);
  return {
    name: definition.name,
    mode: definition.mode,
    inWord: staysInWord(definition.pattern),
    test,
    find(text, report) {
      if (!test(text)) return; // twenty times cheaper than a matcher, and mostly sufficient
      const matcher = compiled.matcher(text);
      while (matcher.find()) if (matcher.end() > matcher.start()) report(matcher.start(), matcher.end());
    },
  };
}

/**
 * Whether any of the patterns can match anywhere in a text, tested once for all its words: 0.1 µs instead of 2 per
 * word. `undefined` if that cannot be determined, because matches may contain white space or begin at a text's edge.
 */
export function compileAnyOf(
  definition: readonly { readonly pattern: string }[],
): ((text: string) => boolean) | undefined {
  if (!definition.every(({ pattern }) => staysInWord(pattern))) return undefined;
  const any = re2().RE2JS.compile(definition.map(({ pattern }) => `(?:${pattern})`).join('|'));
  const mayMatch = compilePrefilter(definition.map(({ pattern }) => pattern)) ?? always;
  return (text) => mayMatch(text) && any.test(text);
}

const always = (): boolean => true;

/**
 * Only patterns that certainly match no white space and no edge of the text: letters, digits, some signs, `\d`, `\w`,
 * `\b`, escaped signs, positive classes, groups and quantifiers.
 */
function staysInWord(pattern: string): boolean {
  return /^(?:[A-Za-z0-9_@#%&/:;,='"<>!~|()?*+{}-]|\\[dwb]|\\[.+*?()[\]{}|/\\$^-]|\[(?!\^)(?:[A-Za-z0-9_@#%&/:;,.=+*?!~$(){}|-]|\\[dw.\-/])+\])+$/.test(
    pattern,
  );
}
