import { describe, expect, it } from 'vitest';
import { FieldCache, fieldTags } from '../../../../../src/ai/fields/answers/field-cache.ts';
import { createMemoryStore } from '../../../../../src/cache/index.ts';

const config = { enabled: true, maxAgeMs: 60_000, staleWhileRevalidateMs: 0 };
const kept = { value: { verdict: 'BUY', pros: ['Light.', null], n: 1.5 }, model: 'test/m', prompt: 'advice@3' };
const tags = [fieldTags.prompt('advice@3'), fieldTags.type('Product')];
const fresh = { ttlSeconds: undefined, tags, readMsAgo: 0 };

describe('cached answers of a field', () => {
  it('are read unchanged, null included', async () => {
    const cache = new FieldCache(createMemoryStore(), config);
    cache.set('a', kept, fresh);
    cache.set('b', { ...kept, value: null }, fresh);
    expect(await cache.get('a')).toEqual({ ...kept, isStale: false });
    expect(await cache.get('b')).toEqual({ ...kept, value: null, isStale: false });
    expect(await cache.get('c')).toBeUndefined();
  });

  it.each(['prompt:advice', 'type:Product'])('are removed when %s is invalidated', async (tag) => {
    const store = createMemoryStore();
    const cache = new FieldCache(store, config);
    cache.set('a', kept, fresh);
    store.invalidate('prompt:other');
    expect(await cache.get('a')).toBeDefined();
    store.invalidate(tag);
    expect(await cache.get('a')).toBeUndefined();
  });

  it('are not cached if they were invalidated while they were generated', async () => {
    const store = createMemoryStore();
    const cache = new FieldCache(store, config);
    store.invalidate('type:Product');
    cache.set('a', kept, { ...fresh, readMsAgo: 1_000 });
    expect(await cache.get('a')).toBeUndefined();
  });

  it.each([
    'not JSON',
    '{}',
    'null',
    '[]',
    '{"value":1}',
    '{"value":1,"model":2,"prompt":"p"}',
    '{"model":"m","prompt":"p"}',
  ])('are checked: %s is a miss, and deleted', async (text) => {
    const store = createMemoryStore();
    store.set('a', text);
    expect(await new FieldCache(store, config).get('a')).toBeUndefined();
    expect(store.get('a')).toBeUndefined();
  });
});
