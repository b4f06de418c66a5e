import { describe, expect, it } from 'vitest';
import { CacheOutcomes, sumOutcomes } from '../../../src/cache/index.ts';

describe('the outcomes of several threads', () => {
  it('are summed by cache, subgraph and type, reasons by themselves', () => {
    const [one, other] = [new CacheOutcomes(), new CacheOutcomes()];
    one.count('entities', 'products', 'Product', 'hits', 3);
    one.refuse('entities', 'products', 'Product', 'no_store');
    other.count('entities', 'products', 'Product', 'hits', 4);
    other.count('entities', 'products', 'Product', 'wrong');
    other.refuse('entities', 'products', 'Product', 'no_store');
    other.refuse('entities', 'products', 'Product', 'error');
    other.count('responses', '', 'Query', 'misses');
    expect(sumOutcomes([...one.snapshot(), ...other.snapshot()])).toEqual([
      {
        cache: 'entities',
        subgraph: 'products',
        type: 'Product',
        hits: 7,
        stale: 0,
        misses: 0,
        stored: 0,
        verified: 0,
        wrong: 1,
        refused: { no_store: 2, error: 1 },
      },
      expect.objectContaining({ cache: 'responses', subgraph: '', type: 'Query', misses: 1 }),
    ]);
  });
});
