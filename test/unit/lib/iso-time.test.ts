import { describe, expect, it } from 'vitest';
import { isoTime } from '../../../src/lib/index.ts';

describe('the time as text', () => {
  it('is what a Date writes, from one second to another and back', () => {
    const now = Date.now();
    for (const time of [0, 1, 99, 999, 1_000, now, now + 1_000, now, 1_767_225_599_999, 1_767_225_600_000]) {
      expect(isoTime(time)).toBe(new Date(time).toISOString());
    }
  });
});
