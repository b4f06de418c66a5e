import { describe, expect, it } from 'vitest';
import {
  addBuckets,
  bucketOf,
  type DurationBuckets,
  formatBuckets,
  parseBuckets,
  quantile,
  quantileError,
} from '../../../src/observability/records/index.ts';

function bucketsOf(durations: readonly number[]): DurationBuckets {
  const buckets: DurationBuckets = new Map();
  for (const duration of durations) addBuckets(buckets, [[bucketOf(duration), 1]]);
  return buckets;
}

/** From a hundredth of a millisecond to hours. */
const random = (): number => 0.02 * 10 ** (Math.random() * 8);

describe('buckets of durations', () => {
  it('give quantiles that are at most 2 % off, added up from parts or not', () => {
    for (let run = 0; run < 50; run++) {
      const durations = Array.from({ length: 1 + Math.floor(Math.random() * 500) }, random);
      const half = durations.length >> 1;
      const buckets = bucketsOf(durations.slice(0, half));
      addBuckets(buckets, parseBuckets(formatBuckets(bucketsOf(durations.slice(half)))));
      const sorted = durations.toSorted((a, b) => a - b);
      for (const share of [0.5, 0.95, 0.99]) {
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
        expect(Math.abs(quantile(buckets, share) - exact) / exact).toBeLessThanOrEqual(quantileError);
      }
    }
  });

  it('hold what is no duration and what is beyond all in the outer ones', () => {
    expect([0, -1, Number.NaN, 0.01].map(bucketOf)).toEqual([0, 0, 0, 0]);
    expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(bucketOf(1e15));
    expect(quantile(new Map(), 0.5)).toBe(0);
    expect(parseBuckets('')).toEqual([]);
  });
});
