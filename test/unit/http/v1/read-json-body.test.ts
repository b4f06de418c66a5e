import { describe, expect, it } from 'vitest';
import { nestsDeeperThan, readBodyText, readJsonBody } from '../../../../src/http/v1/read-json-body.ts';

describe('nestsDeeperThan', () => {
  it.each([
    ['[[]]', 2, false],
    ['[[[]]]', 2, true],
    ['[{},{},{}]', 2, false],
    ['{"a":"[[[[[["}', 2, false],
    ['{"a\\"[[[[":"\\\\"}', 2, false],
    ['{"a":"\\\\","b":[[[]]]}', 3, true],
    ['"unended [[[[', 1, false],
  ])('%s deeper than %i: %s', (text, limit, expected) => {
    expect(nestsDeeperThan(text, limit)).toBe(expected);
  });

  it('reads a megabyte in a string', () => {
    const text = JSON.stringify({ image: 'A'.repeat(1_000_000) });
    expect(nestsDeeperThan(text, 5)).toBe(false);
  });
});

describe('readJsonBody', () => {
  it('reads an object in UTF-8, also with a charset', () => {
    const headers = { 'content-type': 'application/json; charset="UTF-8"' };
    expect(readJsonBody(readBodyText(headers, Buffer.from('{"a":"é"}')))).toEqual({ a: 'é' });
  });
});
