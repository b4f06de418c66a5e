import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/cache/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('the memory store', () => {
  it('answers at once, without a promise', () => {
    const store = createMemoryStore();
    expect(store.set('key', 'value')).toBeUndefined();
    expect(store.get('key')?.value.toString()).toBe('value');
    expect(store.invalidate('tag')).toBe(true);
  });

  it('never exceeds its bound, and evicts the least recently used', () => {
    const store = createMemoryStore({ maxBytes: 100_000 });
    for (let index = 0; index < 1_000; index++) {
      store.set(`key ${index}`, 'x'.repeat(500), { tags: [`tag ${index}`, 'all'] });
      store.get('key 0');
      expect(store.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(store.get('key 0')).toBeDefined();
    expect(store.get('key 1')).toBeUndefined();
    expect(store.get('key 999')).toBeDefined();
    expect(store.bytes).toBeGreaterThan(50_000);
    store.purge();
    expect(store.bytes).toBe(0);
  });

  it('counts the real size of small entries', () => {
    const store = createMemoryStore({ maxBytes: 20_000_000 });
    collectGarbage();
    const before = process.memoryUsage();
    for (let index = 0; index < 100_000; index++)
      store.set(`a key of some length ${index}`, 'x'.repeat(64), { tags: ['all'] });
    collectGarbage();
    const after = process.memoryUsage();
    const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(store.bytes).toBeGreaterThan(19_000_000);
    expect(taken).toBeLessThan(store.bytes * 1.25);
  });

  it('removes what has been invalidated when it is looked for', () => {
    const store = createMemoryStore();
    for (let index = 0; index < 10; index++) store.set(`key ${index}`, 'x', { tags: ['all'] });
    store.invalidate('all');
    expect(store.getMany(Array.from({ length: 10 }, (_, index) => `key ${index}`))).toEqual(Array(10).fill(undefined));
    expect(store.bytes).toBe(0);
  });

  it('says of a cache without entries that it has none', () => {
    const store = createMemoryStore();
    store.get('entity:missing');
    expect(store.stats().caches.entities).toMatchObject({ misses: 1, entries: 0, bytes: 0 });
  });
});
