import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/transport/exchange.ts';
import { RetryBudget } from '../../../src/transport/retry-budget.ts';
import { isRetryable, pauseBeforeRetry, readRetryAfter } from '../../../src/transport/retry-policy.ts';
import { RollingWindow } from '../../../src/transport/rolling-window.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('Retry-After', () => {
  it.each([
    ['seconds', '2', 2_000],
    ['no seconds', '0', 0],
    ['ten hours', '36000', 36_000_000],
    ['a date (RFC 9110)', 'Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['a date of RFC 850', 'Friday, 02-Jan-26 03:04:15 GMT', 10_000],
    ['a date of asctime', 'Fri Jan  2 03:04:15 2026', 10_000],
    ['a date in the past', 'Thu, 01 Jan 2026 00:00:00 GMT', 0],
    ['a word', 'soon', undefined],
    ['a word that Date.parse would take for a year', 'garbage 1', undefined],
    ['a negative number', '-1', undefined],
    ['a fraction', '1.5', undefined],
    ['nothing', '', undefined],
    ['a date that is none', 'Fri, 99 Foo 2026 03:04:15 GMT', undefined],
  ])('is read from %s', (_name, value, milliseconds) => {
    expect(readRetryAfter(value, now)).toBe(milliseconds);
  });

  it('present twice is ignored', () => {
    expect(readRetryAfter(['1', '2'], now)).toBeUndefined();
  });
});

const answered = (status: number, headers = {}): Outcome => ({
  kind: 'answered',
  status,
  headers,
  body: Buffer.alloc(0),
  isBorrowed: false,
});

describe('a retry', () => {
  it.each([
    ['a broken connection', { kind: 'broken', error: new Error() }, true],
    ['429', answered(429), true],
    ['500', answered(500), true],
    ['503', answered(503), true],
    ['501', answered(501), false],
    ['400', answered(400), false],
    ['200', answered(200), false],
    ['an answer that is too large', { kind: 'too-large' }, false],
    ['a timeout', { kind: 'stopped', why: 'timeout' }, false],
    ['a request that cannot be sent', { kind: 'unsendable', error: new Error() }, false],
  ] as [string, Outcome, boolean][])('after %s is worth it or not', (_name, outcome, expected) => {
    expect(isRetryable(outcome)).toBe(expected);
  });

  it('waits a random time that grows, and never beyond the deadline', () => {
    expect(pauseBeforeRetry(answered(503), 1, 1_000, 0.5)).toBe(25);
    expect(pauseBeforeRetry(answered(503), 3, 1_000, 0.5)).toBe(100);
    expect(pauseBeforeRetry(answered(503), 30, 5_000, 0.5)).toBe(500);
    expect(pauseBeforeRetry(answered(503), 1, 10, 0.5)).toBeUndefined();
  });

  it('waits for retry-after, or is abandoned', () => {
    expect(pauseBeforeRetry(answered(503, { 'retry-after': '2' }), 1, 3_000, 0.5)).toBe(2_000);
    expect(pauseBeforeRetry(answered(503, { 'retry-after': '2' }), 1, 1_999, 0.5)).toBeUndefined();
  });
});

describe('a retry budget', () => {
  it('adds at most a fifth to the load, however much fails', () => {
    const budget = new RetryBudget();
    let retries = 0;
    for (let time = 0; time < 60_000; time += 2) {
      budget.countRequest(time);
      if (budget.take(time)) retries++;
    }
    expect(retries / 30_000).toBeGreaterThan(0.19);
    expect(retries / 30_000).toBeLessThanOrEqual(0.2);
  });

  it('still has a few retries for a subgraph with little traffic', () => {
    const budget = new RetryBudget();
    budget.countRequest(0);
    expect(Array.from({ length: 12 }, () => budget.take(0)).filter(Boolean)).toHaveLength(10);
    expect(budget.take(11_000)).toBe(true);
  });
});

describe('a rolling window', () => {
  it('counts the last ten buckets', () => {
    const window = new RollingWindow(1_000);
    for (let time = 0; time < 5_000; time += 50) window.add(time, 1, time % 100 === 0 ? 1 : 0);
    expect([window.total, window.marked]).toEqual([20, 10]);
    window.add(5_500, 0, 0);
    expect([window.total, window.marked]).toEqual([8, 4]);
    window.add(60_000, 0, 0);
    expect([window.total, window.marked]).toEqual([0, 0]);
  });
});
