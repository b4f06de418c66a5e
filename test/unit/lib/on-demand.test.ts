import { describe, expect, it } from 'vitest';
import { onDemand, packageOnDemand } from '../../../src/lib/index.ts';

describe('onDemand', () => {
  it('makes a value when it is first read, once', () => {
    let calls = 0;
    const value = onDemand(() => {
      calls++;
      return undefined;
    });
    expect(calls).toBe(0);
    expect([value(), value()]).toEqual([undefined, undefined]);
    expect(calls).toBe(1);
  });

  it('makes it again after it could not be made', () => {
    let calls = 0;
    const value = onDemand(() => {
      if (++calls === 1) throw new Error('not yet');
      return calls;
    });
    expect(value).toThrow('not yet');
    expect(value()).toBe(2);
  });
});

describe('packageOnDemand', () => {
  it('loads a dependency as an import does', () => {
    const lru = packageOnDemand<typeof import('lru-cache')>('lru-cache');
    expect(new (lru().LRUCache)({ max: 1 }).max).toBe(1);
  });
});
