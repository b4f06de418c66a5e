import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../src/lib/index.ts';

test('objects are written with their keys as `sort` orders them, few or many', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 40 }), (keys) => {
      const object = new Map(keys.map((key, place) => [key, place]));
      const sorted = [...keys].sort().map((key) => `${JSON.stringify(key)}:${object.get(key)}`);
      expect(canonicalJson(object)).toBe(`{${sorted.join(',')}}`);
    }),
  );
});
