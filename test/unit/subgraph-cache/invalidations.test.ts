import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../../../src/cache/index.ts';
import { createLogger } from '../../../src/observability/index.ts';
import { Invalidations } from '../../../src/subgraph-cache/index.ts';

describe('what a mutation changes', () => {
  let isUp: boolean;
  let done: string[];
  let purges: number;
  const store = {
    ...createMemoryStore(),
    invalidate: (tag: string) => {
      if (isUp) done.push(tag);
      return isUp as true;
    },
    purge: () => {
      if (isUp) purges++;
      return isUp as true;
    },
  };
  let invalidations: Invalidations;
  beforeEach(() => {
    vi.useFakeTimers();
    isUp = true;
    done = [];
    purges = 0;
    invalidations = new Invalidations({ store, log: createLogger({ level: 'silent' }), maxTags: 3 });
  });
  afterEach(() => {
    invalidations.close();
    vi.useRealTimers();
  });

  it('is invalidated at once', async () => {
    await invalidations.invalidate(['a', 'b']);
    expect([done, vi.getTimerCount()]).toEqual([['a', 'b'], 0]);
  });

  it('is invalidated as soon as a store that was down can be reached', async () => {
    isUp = false;
    await invalidations.invalidate(['a', 'b']);
    await invalidations.invalidate(['c']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(done).toEqual([]);
    isUp = true;
    await vi.advanceTimersByTimeAsync(100);
    expect([new Set(done), vi.getTimerCount()]).toEqual([new Set(['a', 'b', 'c']), 0]);
  });

  it('is all that is cached where that was too much to remember', async () => {
    isUp = false;
    await invalidations.invalidate(['a', 'b', 'c', 'd']);
    await invalidations.invalidate(['e']);
    await vi.advanceTimersByTimeAsync(500);
    expect(purges).toBe(0);
    isUp = true;
    await vi.advanceTimersByTimeAsync(500);
    expect([purges, vi.getTimerCount()]).toEqual([1, 0]);
    await invalidations.invalidate(['f']);
    expect(done).toContain('f');
  });
});
