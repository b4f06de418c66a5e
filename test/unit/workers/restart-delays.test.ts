import { describe, expect, it } from 'vitest';
import { RestartDelays } from '../../../src/workers/restart-delays.ts';

describe('the delay before a worker is started again', () => {
  it('is none for one that served, and once for one that ended at its start', () => {
    const delays = new RestartDelays();
    expect(delays.next(1, 60_000).waitMs).toBe(0);
    expect(delays.next(1, 900).waitMs).toBe(0);
    expect(delays.next(1, undefined).waitMs).toBe(0);
  });

  it('doubles up to 10 s for one that keeps ending at its start, of each worker by itself', () => {
    const delays = new RestartDelays();
    const waits = Array.from({ length: 12 }, () => delays.next(1, undefined).waitMs);
    expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000, 10_000]);
    expect(delays.next(2, undefined)).toEqual({ ended: 1, waitMs: 0 });
    expect(delays.next(1, 1_000)).toEqual({ ended: 0, waitMs: 0 });
    expect(delays.next(1, 100).waitMs).toBe(0);
  });
});
