import { expect, it } from 'vitest';
import { createMemoryStore, ResponseCache } from '../../../src/cache/index.ts';

it('a cached answer is used no longer than its own time, however long a store says that it is fresh', async () => {
  const store = createMemoryStore();
  const put = new ResponseCache({ store, keepStaleMs: 0 });
  const response = { etag: '', headers: [], tags: [], readMs: 0, renewMs: 9_000, body: Buffer.from('1') };
  const policy = { maxAgeMs: 10_000, scope: 'public' as const };
  put.put(
    [{ key: 'k', response: { ...response, policy, etag: `"${'e'.repeat(22)}"` }, tags: [], readMsAgo: 0 }],
    '',
    '',
  );
  const entry = store.get('k');
  const lying = { ...store, get: () => entry && { ...entry, ageMs: 30_000, freshMs: 1e12 } };
  const { cached } = await new ResponseCache({ store: lying, keepStaleMs: 0 }).find('k', undefined);
  expect(cached).toBeUndefined();
});
