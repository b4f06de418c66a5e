import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slidingBucket, slidingRoomInMs, slidingTotal, slidingWords } from '../../../src/counters/sliding-window.ts';

/** A window of a minute, somewhere in an array. */
class SlidingMinute {
  readonly #words = new Float64Array(slidingWords + 10);

  add(now: number, amount: number): void {
    const bucket = slidingBucket(this.#words, 5, now, 60_000, now);
    this.#words[bucket] = (this.#words[bucket] ?? 0) + amount;
  }

  total(now: number): number {
    return slidingTotal(this.#words, 5, now, 60_000);
  }

  msUntil(now: number, amount: number, max: number): number {
    if (this.total(now) + amount <= max) return 0;
    return slidingRoomInMs(this.#words, 5, now, 60_000, amount, max);
  }
}

describe('a sliding window', () => {
  it('never counts less than was used in any 60 seconds, nor anything after 61', () => {
    const use = fc.record({ after: fc.nat({ max: 20_000 }), amount: fc.integer({ min: 1, max: 100 }) });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 60 }), (uses) => {
        const minute = new SlidingMinute();
        const log: { at: number; amount: number }[] = [];
        let now = 5_000;
        for (const { after, amount } of uses) {
          now += after;
          minute.add(now, amount);
          log.push({ at: now, amount });
          const used = (ms: number) => log.reduce((sum, one) => sum + (one.at > now - ms ? one.amount : 0), 0);
          expect(minute.total(now)).toBeGreaterThanOrEqual(used(60_000));
          expect(minute.total(now)).toBeLessThanOrEqual(used(61_001));
          const waitMs = minute.msUntil(now, 50, 150);
          if (waitMs === 0) expect(minute.total(now)).toBeLessThanOrEqual(100);
        }
      }),
    );
  });

  it('tells exactly when there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9_000 }), { minLength: 5, maxLength: 30 }), (gaps) => {
        const minute = new SlidingMinute();
        let now = 1_000;
        for (const gap of gaps) {
          now += gap;
          minute.add(now, 10);
        }
        const waitMs = minute.msUntil(now, 10, 40);
        if (waitMs > 0) expect(minute.msUntil(now + waitMs - 1, 10, 40)).toBeGreaterThan(0);
        expect(minute.msUntil(now + waitMs, 10, 40)).toBe(0);
      }),
    );
  });
});
