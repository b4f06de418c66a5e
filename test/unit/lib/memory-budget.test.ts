import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../src/lib/index.ts';

describe('caches with one budget', () => {
  it('evict the least recently used entry of any of them', () => {
    const budget = new MemoryBudget(9_000);
    const group = budget.group();
    const [one, two] = [group.cache<number>(), group.cache<number>()];
    one.set('a', 1, 3_000);
    two.set('a', 2, 3_000);
    expect([one.get('a'), two.get('a')]).toEqual([1, 2]);
    one.get('a');
    two.set('b', 3, 3_000);
    expect([one.get('a'), two.get('a'), two.get('b')]).toEqual([1, undefined, 3]);
    expect(budget.bytes).toBeLessThanOrEqual(9_000);
  });

  it('count an object of several entries once, as long as one of them exists', () => {
    const budget = new MemoryBudget(100_000);
    const cache = budget.group().cache<number>();
    const part = { object: {}, bytes: 50_000 };
    cache.set('a', 1, 0, [part]);
    cache.set('b', 2, 0, [part, part]);
    expect(budget.bytes).toBeGreaterThan(50_000);
    expect(budget.bytes).toBeLessThan(60_000);
    cache.set('a', 3, 0);
    expect(budget.bytes).toBeGreaterThan(50_000);
    cache.set('b', 4, 0);
    expect(budget.bytes).toBeLessThan(5_000);
  });

  it('count what is added to an entry later, and never store one above the budget', () => {
    const budget = new MemoryBudget(10_000);
    const cache = budget.group().cache<number>();
    cache.set('a', 1, 100);
    cache.set('b', 2, 100);
    cache.grow('b', 9_400);
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 2]);
    cache.grow('b', 1_000);
    cache.grow('gone', 1_000);
    expect([cache.size, budget.bytes]).toEqual([0, 0]);
    cache.set('c', 3, 20_000);
    expect([cache.get('c'), budget.bytes]).toEqual([undefined, 0]);
  });

  it('end together, without affecting other caches', () => {
    const budget = new MemoryBudget(10_000);
    const [old, current] = [budget.group(), budget.group()];
    const [a, b] = [old.cache<number>(), current.cache<number>()];
    a.set('a', 1, 100);
    b.set('b', 2, 100);
    old.clear();
    expect([a.get('a'), a.size, b.get('b')]).toEqual([undefined, 0, 2]);
    budget.resize(10);
    expect([b.size, budget.bytes]).toEqual([0, 0]);
  });

  it('keep what is used in a flood of entries that are not, which take an eighth', () => {
    const budget = new MemoryBudget(16_000_000);
    const cache = budget.group().cache<number>();
    for (let number = 0; number < 100; number++) {
      cache.set(`used ${number}`, number, 10_000);
      cache.get(`used ${number}`);
    }
    const before = budget.bytes;
    for (let number = 0; number < 10_000; number++) cache.set(`once ${number}`, number, 10_000);
    expect(budget.bytes - before).toBeLessThanOrEqual(2_000_000);
    expect(Array.from({ length: 100 }, (_, number) => cache.get(`used ${number}`))).not.toContain(undefined);
    expect(cache.get('once 9999')).toBe(9_999);
  });

  it('count an entry that was evicted unused and is stored again as used', () => {
    const budget = new MemoryBudget(16_000_000);
    const cache = budget.group().cache<number>();
    const flood = (): void => {
      for (let number = 0; number < 300; number++) cache.set(`once ${Math.random()}`, number, 10_000);
    };
    cache.set('a', 1, 10_000);
    flood();
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', 2, 10_000);
    flood();
    expect(cache.get('a')).toBe(2);
  });

  it('count a shared object with the used entries as soon as one of its entries is used', () => {
    const budget = new MemoryBudget(16_000_000);
    const cache = budget.group().cache<number>();
    const part = { object: {}, bytes: 1_900_000 };
    cache.set('a', 1, 0, [part]);
    cache.set('b', 2, 0, [part]);
    cache.get('a');
    for (let number = 0; number < 150; number++) cache.set(`once ${number}`, number, 10_000);
    expect([cache.get('a'), cache.get('b')]).toEqual([1, 2]);
    for (const key of ['a', 'b']) cache.set(key, 0, 0);
    for (let number = 0; number < 300; number++) cache.set(`more ${number}`, number, 10_000);
    expect(budget.bytes).toBeLessThan(2_010_000);
  });
});
