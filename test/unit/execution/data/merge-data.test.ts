import { describe, expect, it } from 'vitest';
import type { DataObject } from '../../../../src/execution/data/data.ts';
import { mergeData } from '../../../../src/execution/data/merge-data.ts';
import { rewriteData } from '../../../../src/execution/data/rewrite-data.ts';

const types = new Map([['Book', new Set(['Book', 'Media'])]]);

function merged(target: DataObject, source: DataObject, keys?: readonly string[]): DataObject {
  mergeData(types, target, source, keys);
  return target;
}

describe('merged data', () => {
  it.each([
    ['new values', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['objects', { o: { a: 1 } }, { o: { b: 2 } }, { o: { a: 1, b: 2 } }],
    [
      'lists of equal length, item by item',
      { l: [{ a: 1 }, null] },
      { l: [{ b: 1 }, { b: 2 }] },
      { l: [{ a: 1, b: 1 }, { b: 2 }] },
    ],
    ['the later of two leaves', { a: 1 }, { a: 2 }, { a: 2 }],
    ['an object rather than a later null', { o: { a: 1 } }, { o: null }, { o: { a: 1 } }],
    ['the narrower type', { __typename: 'Book' }, { __typename: 'Media' }, { __typename: 'Book' }],
    ['the narrower type, whichever is later', { __typename: 'Media' }, { __typename: 'Book' }, { __typename: 'Book' }],
  ])('has %s', (_name, target, source, expected) => {
    expect(merged(target, source)).toEqual(expected);
  });

  it('is adopted without a copy', () => {
    const inner = { a: 1 };
    expect(merged({}, { inner }).inner).toBe(inner);
  });

  it('preserves data of another subgraph against unrequested fields', () => {
    expect(merged({ a: 1, b: 1 }, { a: 2, b: 2, c: 2 }, ['a'])).toEqual({ a: 2, b: 1, c: 2 });
  });

  it('never merges into Object.prototype', () => {
    merged({}, JSON.parse('{"__proto__": {"polluted": true}}') as DataObject);
    expect('polluted' in {}).toBe(false);
  });
});

describe('a rewrite', () => {
  it.each([
    [
      'sets a value',
      { kind: 'set', path: ['a', 'b'], value: 9 },
      { a: [{ b: 1 }, { b: 2 }] },
      { a: [{ b: 9 }, { b: 9 }] },
    ],
    ['renames a key', { kind: 'rename', path: ['a', 'b'], to: 'c' }, { a: { b: 1 } }, { a: { c: 1 } }],
    ['leaves absent keys alone', { kind: 'rename', path: ['b'], to: 'c' }, { a: 1 }, { a: 1 }],
    [
      'follows a condition that holds',
      { kind: 'set', path: ['... on Media', 'b'], value: 9 },
      { __typename: 'Book', b: 1 },
      { __typename: 'Book', b: 9 },
    ],
    [
      'stops at one that does not',
      { kind: 'set', path: ['... on Film', 'b'], value: 9 },
      { __typename: 'Book', b: 1 },
      { __typename: 'Book', b: 1 },
    ],
  ] as const)('%s', (_name, rewrite, data, expected) => {
    const copy = structuredClone(data);
    rewriteData(types, [rewrite], copy);
    expect(copy).toEqual(expected);
  });
});
