import { describe, expect, it } from 'vitest';
import { Sampler } from '../../../src/records/sampler.ts';

/** @returns the weights of what is kept of `perSecond` operations in each of some seconds */
function weigh(sampler: Sampler, perSecond: number, seconds: number, from = 0): readonly number[] {
  return Array.from({ length: perSecond * seconds }, (_, index) =>
    sampler.weigh((from + index / perSecond) * 1_000),
  ).filter((weight) => weight > 0);
}

/** @returns random numbers that choose late in groups up to the size of a second's, then early */
function lastThenFirst(): () => number {
  let count = 0;
  return () => (count++ < 200 ? 0.999_999 : 0);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('a sampler', () => {
  it('keeps everything up to its rate', () => {
    expect(weigh(new Sampler(100), 99, 5)).toEqual(Array(99 * 5).fill(1));
  });

  it.each([
    ['any', Math.random],
    ['the first', () => 0],
    ['the last', () => 0.999_999],
    ['the last of the first group, then the first', lastThenFirst()],
  ])('keeps no more than its rate, and what is kept stands for all that came: %s', (_chosen, random) => {
    const sampler = new Sampler(100, random);
    weigh(sampler, 9_950, 2);
    const weights = weigh(sampler, 10_000, 10, 2);
    // One more than the rate: of the group that is open at the beginning, and of the one at the end.
    expect(weights.length).toBeLessThanOrEqual(1_001);
    expect(weights.length).toBeGreaterThan(900);
    expect(Math.abs(sum(weights) - 100_000)).toBeLessThanOrEqual(2 * 128);
  });

  it('keeps few of what comes all at once', () => {
    const weights = weigh(new Sampler(100), 100_000, 1);
    expect(weights.length).toBeLessThan(1_200);
    expect(Math.abs(sum(weights) - 100_000)).toBeLessThanOrEqual(1_024);
  });

  it('keeps everything again once less comes', () => {
    const sampler = new Sampler(100);
    weigh(sampler, 10_000, 3);
    weigh(sampler, 50, 1, 3);
    expect(weigh(sampler, 50, 3, 4)).toEqual(Array(150).fill(1));
  });

  it('prefers none of what alternates', () => {
    const sampler = new Sampler(100);
    let ofEven = 0;
    let all = 0;
    for (let index = 0; index < 400_000; index++) {
      const weight = sampler.weigh(index / 20);
      all += weight;
      if (index % 2 === 0) ofEven += weight;
    }
    expect(ofEven / all).toBeGreaterThan(0.42);
    expect(ofEven / all).toBeLessThan(0.58);
  });
});
