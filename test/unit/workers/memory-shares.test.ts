import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/cache/index.ts';
import { mainCacheShare, mainShare, workerCacheShare, workerShare } from '../../../src/workers/memory-shares.ts';

describe('the shares of a bound on memory', () => {
  it.each([1, 2, 7, 64])('of the main thread and %i workers are the bound at most', (workers) => {
    for (const bytes of [1_000, 64_000_001, 1_000_000_000]) {
      expect(mainShare(bytes) + workers * workerShare(bytes, workers)).toBeLessThanOrEqual(bytes);
      expect(mainCacheShare(bytes) + workers * workerCacheShare(bytes, workers)).toBeLessThanOrEqual(bytes);
    }
  });

  it('are of a store that holds nothing, where nothing is cached in memory', async () => {
    const store = createMemoryStore({ maxBytes: mainCacheShare(0) });
    await store.set('key', 'value');
    expect(await store.get('key')).toBeUndefined();
  });
});
