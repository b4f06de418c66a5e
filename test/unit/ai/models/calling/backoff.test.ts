import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../../../src/ai/models/calling/backoff.ts';
import { KeyRing } from '../../../../../src/ai/models/targets/key-ring.ts';
import { noSignals } from '../../../../../src/signals/index.ts';

describe('the pause before a retry', () => {
  it('doubles to a bound, with full jitter', () => {
    const longest = [1, 2, 3, 4, 5, 6].map((retry) => backoffMs(retry, undefined, 0.999_999));
    expect(longest.map(Math.round)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(backoffMs(3, undefined, 0)).toBe(0);
  });

  it('is never shorter than the provider’s retry-after', () => {
    for (const random of [0, 0.5, 0.99]) expect(backoffMs(1, 2_000, random)).toBeGreaterThanOrEqual(2_000);
    expect(backoffMs(1, 0, 0.9)).toBe(0);
  });
});

describe('a ring of keys', () => {
  const none: ReadonlySet<number> = new Set();

  it('uses them in turn', () => {
    const ring = new KeyRing('p', 3, noSignals);
    expect([1, 2, 3, 4].map(() => ring.choose(none, 0))).toEqual([0, 1, 2, 0]);
  });

  it('skips a cooling key until its time, and uses it if no other is available', () => {
    const ring = new KeyRing('p', 2, noSignals);
    ring.coolDown(0, 10_000);
    const before = performance.now() + 5_000;
    const after = performance.now() + 10_000;
    expect([ring.choose(none, before), ring.choose(none, before)]).toEqual([1, 1]);
    expect(ring.choose(new Set([1]), before)).toBe(0);
    expect([ring.choose(none, after), ring.choose(none, after)]).toContain(0);
    expect(ring.choose(new Set([0, 1]), after)).toBeUndefined();
  });
});
