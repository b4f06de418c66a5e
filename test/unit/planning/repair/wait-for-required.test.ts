import { describe, expect, it } from 'vitest';
import { waitForRequired } from '../../../../src/planning/repair/wait-for-required.ts';
import { entityFetch, on, rootFetch, stepOf } from '../kit.ts';

const root = stepOf(rootFetch('a', '{item{__typename id}}'));
const price = stepOf(entityFetch('b', ['item'], [on('Item', 'id')], '...on Item{price}'));
const tax = stepOf(entityFetch('c', ['item'], [on('Item', 'id', 'price')], '...on Item{tax}'));

describe('a fetch', () => {
  it('waits for a sibling that provides a field it requires', () => {
    const after = [[], [0], [0]];
    waitForRequired({ steps: [root, price, tax], preceding: [[], [0], [0]], after });
    expect(after).toEqual([[], [0], [0, 1]]);
  });

  it('waits for one after it in the plan', () => {
    const after = [[], [0], [0]];
    waitForRequired({ steps: [root, tax, price], preceding: [[], [0], [0]], after });
    expect(after).toEqual([[], [0, 2], [0]]);
  });

  it('does not wait for one that waits for it', () => {
    const after = [[], [0], [0, 1]];
    waitForRequired({ steps: [root, tax, price], preceding: [[], [0], [0, 1]], after });
    expect(after).toEqual([[], [0], [0, 1]]);
  });
});
