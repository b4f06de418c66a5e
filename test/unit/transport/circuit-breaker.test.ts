import { describe, expect, it } from 'vitest';
import { type BreakerState, CircuitBreaker, type Verdict } from '../../../src/transport/circuit-breaker.ts';

const config = { thresholdPercent: 50, minRequests: 20, windowMs: 10_000, sleepMs: 5_000 };

function breaker() {
  const changes: BreakerState[] = [];
  return { changes, breaker: new CircuitBreaker(config, (state) => changes.push(state)) };
}

function record(breaker: CircuitBreaker, verdict: Verdict, times: number, now: number): void {
  for (let turn = 0; turn < times; turn++) breaker.record(verdict, false, now);
}

describe('a circuit breaker', () => {
  it('opens at half failures of twenty requests, and not before', () => {
    const { breaker: one, changes } = breaker();
    record(one, 'success', 10, 1_000);
    record(one, 'failure', 9, 2_000);
    expect(one.readiness(2_000)).toBe('ready');
    record(one, 'failure', 1, 2_500);
    expect(one.readiness(2_500)).toBe('open');
    expect(changes).toEqual(['open']);
  });

  it('stays closed below the threshold, and with too few requests', () => {
    const { breaker: one, changes } = breaker();
    record(one, 'failure', 19, 1_000);
    record(one, 'success', 200, 1_000);
    record(one, 'failure', 150, 1_000);
    expect(one.state).toBe('closed');
    expect(changes).toEqual([]);
  });

  it('forgets what is older than its window', () => {
    const { breaker: one } = breaker();
    record(one, 'failure', 19, 1_000);
    record(one, 'failure', 1, 11_500);
    expect(one.state).toBe('closed');
  });

  it('does not count requests whose client disconnected', () => {
    const { breaker: one } = breaker();
    record(one, 'neutral', 1_000, 1_000);
    record(one, 'failure', 19, 1_000);
    expect(one.state).toBe('closed');
  });

  it('allows one request after its sleep, and closes if that succeeds', () => {
    const { breaker: one, changes } = breaker();
    record(one, 'failure', 20, 0);
    expect(one.readiness(4_999)).toBe('open');
    expect(one.readiness(5_000)).toBe('probe');
    one.beginProbe();
    expect(one.readiness(5_001)).toBe('open');
    one.record('success', true, 5_010);
    expect(one.readiness(5_010)).toBe('ready');
    record(one, 'failure', 19, 5_020);
    expect(one.state).toBe('closed');
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('sleeps again when that fails', () => {
    const { breaker: one } = breaker();
    record(one, 'failure', 20, 0);
    one.beginProbe();
    one.record('failure', true, 6_000);
    expect(one.readiness(10_999)).toBe('open');
    expect(one.readiness(11_000)).toBe('probe');
  });

  it('passes the probe to the next request if its client disconnected', () => {
    const { breaker: one } = breaker();
    record(one, 'failure', 20, 0);
    one.beginProbe();
    one.record('neutral', true, 6_000);
    expect(one.readiness(6_000)).toBe('probe');
  });

  it('is not affected by requests that were sent before it opened', () => {
    const { breaker: one } = breaker();
    record(one, 'failure', 20, 0);
    record(one, 'success', 50, 1_000);
    expect(one.readiness(1_000)).toBe('open');
    one.beginProbe();
    record(one, 'failure', 1, 6_000);
    expect(one.state).toBe('half-open');
  });
});
