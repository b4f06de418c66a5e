/** Which values each rule of `@constraint` allows. */
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../src/lib/index.ts';
import { compileConstraint } from '../../../src/supergraph/index.ts';

const brokenBy = (constraint: object, value: unknown) =>
  compileConstraint(constraint)
    .value(value)
    .map(({ rule }) => rule);

describe('numbers', () => {
  it.each([
    [{ min: 1, max: 5 }, [1, 5, 2.5, '3', null], [0, 5.01, '', 'x', 'NaN', Number.NaN]],
    [{ max: 5 }, [-1e300, parseExactJson('5.0')], [parseExactJson('1e999'), parseExactJson('123456789012345678901')]],
  ])('are within %o', (constraint, allowed, refused) => {
    for (const value of allowed) expect(brokenBy(constraint, value)).toEqual([]);
    for (const value of refused) expect(brokenBy(constraint, value), String(value)).not.toEqual([]);
  });
});

describe('lengths', () => {
  it('are counted in characters, not in halves of them', () => {
    expect(brokenBy({ maxLength: 2 }, '😀😀')).toEqual([]);
    expect(brokenBy({ maxLength: 2 }, '😀😀😀')).toEqual(['maxLength']);
    expect(brokenBy({ minLength: 2 }, '😀')).toEqual(['minLength']);
    expect(brokenBy({ minLength: 3, maxLength: 3 }, 123)).toEqual([]);
  });

  it('of a text that is too long spare its patterns', () => {
    expect(brokenBy({ maxLength: 3, patterns: ['^b'] }, 'aaaa')).toEqual(['maxLength']);
  });
});

describe('a pattern', () => {
  it('that is hostile takes no longer with a longer text than the text is longer', () => {
    const constraint = compileConstraint({ patterns: ['^(a+)+$'] });
    expect(constraint.value(`${'a'.repeat(50_000)}!`)).toEqual([{ rule: 'pattern', expected: '^(a+)+$' }]);
  }, 10_000);
});

describe('formats', () => {
  it.each([
    ['email', ['a@b.example', 'a.b+c@sub.b.example'], ['a', 'a@b', 'a b@c.example', '@b.example']],
    [
      'uri',
      ['https://a.example/b?c#d', 'urn:isbn:123', 'mailto:a@b.example'],
      ['a/b', '//a.example', 'http://a b', 'http://', ''],
    ],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000', 'x']],
    ['date', ['2024-02-29'], ['2023-02-29', '2024-2-1', '2024-01-01T00:00:00Z']],
    ['time', ['12:30:00', '12:30:00.5'], ['25:00:00', 'noon']],
    [
      'date-time',
      ['2024-01-01T12:00:00Z', '2024-01-01T12:00:00.123+02:00'],
      ['2024-01-01', '2024-13-01T00:00:00Z', '2024-01-01 12:00:00Z'],
    ],
    ['ipv4', ['127.0.0.1'], ['127.0.0.256', '127.1', '::1']],
    ['ipv6', ['::1', '2001:db8::1'], ['127.0.0.1', ':::']],
    ['byte', ['aGk=', ''], ['a', 'aGk', 'a*k=']],
  ])('%s', (format, allowed, refused) => {
    for (const value of allowed) expect(brokenBy({ formats: [format] }, value), value).toEqual([]);
    for (const value of refused) expect(brokenBy({ formats: [format] }, value), value).toEqual(['format']);
  });
});
