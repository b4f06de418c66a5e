import { describe, expect, it } from 'vitest';
import { markExactTargets } from '../../../../src/planning/repair/exact-targets.ts';
import { entityFetch, on, rootFetch, stepOf } from '../kit.ts';

function exactOf(rootText: string, keys: readonly string[]): boolean | undefined {
  const steps = [
    stepOf(rootFetch('a', rootText)),
    stepOf(entityFetch('b', ['items', '@'], [on('Item', ...keys)], '...on Item{price}')),
  ];
  markExactTargets(steps);
  const fetch = steps[1]?.fetch;
  return fetch?.kind === 'entities' ? fetch.fields[0]?.targets[0]?.exact : undefined;
}

describe('the target of an entity fetch', () => {
  it('is exact if its representations contain all fields of its objects', () => {
    expect(exactOf('{items{__typename id}}', ['id'])).toBe(true);
  });

  it('is not exact if its objects have further fields', () => {
    expect(exactOf('{items{__typename id name}}', ['id'])).toBe(false);
  });

  it('is not exact if an object field is only partly represented', () => {
    expect(exactOf('{items{__typename id size{width}}}', ['id'])).toBe(false);
  });
});
