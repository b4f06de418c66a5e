/** A pattern's prefilter never says no to a text that the pattern matches. */
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { compilePrefilter } from '../../../../src/ai/guardrails/required-literal.ts';

describe('the prefilter of patterns', () => {
  it.each([
    [['(?i)nightfall'], 'xNIGHTFALLx', 'night fall'],
    [['(?i)kelvin'], '\u212aelvin', 'elvin'],
    [['(?i)nightfall', 'ACME-\\d{6}'], 'ACME-', 'ACME_ nightfal'],
    [['ACME-\\d{6}|EMP-\\d+'], 'EMP-', 'ACME EMP'],
    [['v?ab+c'], 'ab', 'a b'],
    [['xx{2,}yz{0,3}abb?c'], 'xx', 'xyabc'],
    [['\\$\\.[0-9]\\w'], '$.', '$ .'],
    [['a\\sproject x'], 'project x', 'a project'],
  ])('of %j passes %j and not %j', (patterns, passed, stopped) => {
    const mayMatch = compilePrefilter(patterns);
    expect([mayMatch?.(passed), mayMatch?.(stopped)]).toEqual([true, false]);
  });

  it.each([
    ['(?:ACME|EMP)-\\d+'],
    ['\\d{6}'],
    ['ab|\\d+'],
    ['a?b?'],
    ['(?s)abc'],
    ['ab{c'],
    ['\\pLab'],
    ['\\x41\\x42'],
    [''],
  ])('is none for %j, of which nothing is certain', (pattern) => expect(compilePrefilter([pattern])).toBeUndefined());

  it('passes whatever the pattern matches', () => {
    const atom = fc.constantFrom('a', 'b', 'K', '-', '\\.', '\\d', '[ab]', '[^a]', '.', ' ');
    const quantifier = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{0,2}', '{1,}', '+?', '??');
    const piece = fc.tuple(atom, quantifier).map(([base, times]) => base + times);
    const branch = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
    const branches = fc.array(branch, { minLength: 1, maxLength: 2 }).map((all) => all.join('|'));
    const edge = fc.string({ unit: fc.constantFrom('a', 'b', 'k', '-', '1'), maxLength: 3 });
    let matches = 0;
    fc.assert(
      fc.property(fc.boolean(), branches, edge, edge, (foldsCase, body, before, after) => {
        // The pattern's own letters, so that it matches now and then.
        const letters = body.replace(/\\d|[^abK. -]/g, '').replaceAll('K', foldsCase ? '\u212a' : 'K');
        const source = foldsCase ? `(?i)${body}` : body;
        const mayMatch = compilePrefilter([source]);
        const text = before + letters + after;
        if (mayMatch === undefined || !RE2JS.compile(source).test(text)) return;
        matches++;
        expect(mayMatch(text)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(matches).toBeGreaterThan(20);
  });
});
