import { describe, expect, it } from 'vitest';
import { mergeData } from '../../../../src/execution/data/merge-data.ts';
import { recordDropped } from '../../../../src/execution/data/remaining-items.ts';

/** A list of which only these items remain, by their former indexes. */
function list(name: string, length: number, indexes: readonly number[]): object[] {
  const items = indexes.map((index) => ({ [name]: index }));
  const dropped = Array.from({ length }, (_none, index) => index).filter((index) => !indexes.includes(index));
  if (dropped.length > 0) recordDropped(items, length, dropped);
  return items;
}

function merged(a: object[], b: object[]): unknown {
  const target = { items: a };
  mergeData(new Map(), target, { items: b }, undefined);
  return target.items;
}

describe('a list that two subgraphs return', () => {
  it('has its items merged by their former places, where some are left out of either', () => {
    expect(merged(list('a', 4, [0, 2, 3]), list('b', 4, [0, 1, 2, 3]))).toEqual([
      { a: 0, b: 0 },
      { a: 2, b: 2 },
      { a: 3, b: 3 },
    ]);
    expect(merged(list('a', 4, [0, 1, 2, 3]), list('b', 4, [1, 3]))).toEqual([
      { a: 1, b: 1 },
      { a: 3, b: 3 },
    ]);
  });

  it('is without what is left out of one of them, though as many remain', () => {
    expect(merged(list('a', 3, [0, 1]), list('b', 3, [1, 2]))).toEqual([{ a: 1, b: 1 }]);
  });

  it('is aligned again by a third', () => {
    const first = list('a', 4, [0, 1, 2]);
    merged(first, list('b', 4, [1, 2, 3]));
    expect(merged(first, list('c', 4, [0, 2]))).toEqual([{ a: 2, b: 2, c: 2 }]);
  });

  it('is replaced by a list of another length, as always', () => {
    expect(merged(list('a', 2, [0]), list('b', 3, [0, 1, 2]))).toEqual([{ b: 0 }, { b: 1 }, { b: 2 }]);
  });
});
