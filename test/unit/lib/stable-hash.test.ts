import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, ExactNumber } from '../../../src/lib/index.ts';

test('objects are written with their keys as `sort` orders them, few or many', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 40 }), (keys) => {
      const object = new Map(keys.map((key, place) => [key, place]));
      const sorted = [...keys].sort().map((key) => `${JSON.stringify(key)}:${object.get(key)}`);
      expect(canonicalJson(object)).toBe(`{${sorted.join(',')}}`);
    }),
  );
});

test('values without a JSON form are left out of objects and `null` in arrays, and forms of their own are followed', () => {
  const form = (value: unknown) => ({ toJSON: () => value });
  const values = { b: undefined, a: [undefined, () => 0, form(undefined), Number.NaN], d: form(undefined), c: -0 };
  expect(canonicalJson(values)).toBe('{"a":[null,null,null,null],"c":0}');
  expect(canonicalJson({ b: form({ z: 1, y: form('x') }), a: new Date(0) })).toBe(
    '{"a":"1970-01-01T00:00:00.000Z","b":{"y":"x","z":1}}',
  );
  expect(canonicalJson([{}, [], new Map([['k', new ExactNumber('1e400')]]), true, null])).toBe(
    '[{},[],{"k":1e400},true,null]',
  );
  expect(canonicalJson(undefined)).toBe('null');
});

test('a form of its own that is the object itself ends with a RangeError', () => {
  const self = { toJSON: (): unknown => self };
  expect(() => canonicalJson(self)).toThrow(RangeError);
  expect(() => canonicalJson({ self })).toThrow(RangeError);
});
