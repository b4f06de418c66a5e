import { expect, it } from 'vitest';
import { firstDifference, parseExactJson } from '../../../src/lib/index.ts';

it.each([
  [{ a: 1, b: [{ c: 'x' }] }, { b: [{ c: 'x' }], a: 1 }, undefined],
  [{ a: [{ c: 1 }, { c: 2 }] }, { a: [{ c: 1 }, { c: 3 }] }, ['a', 1, 'c']],
  [{ a: [1] }, { a: [1, 2] }, ['a']],
  [{ a: 1 }, {}, ['a']],
  [{ a: null }, { a: {} }, ['a']],
  [{ a: 1 }, { a: '1' }, ['a']],
  [parseExactJson('{"a":12345678901234567890}'), parseExactJson('{"a":12345678901234567891}'), ['a']],
  [parseExactJson('{"a":12345678901234567890}'), parseExactJson('{"a":12345678901234567890}'), undefined],
])('%j and %j differ at %j', (a, b, path) => {
  expect(firstDifference(a, b)).toEqual(path);
});
