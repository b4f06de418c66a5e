import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SlidingMinute } from '../../../../../src/ai/models/targets/sliding-minute.ts';
import { TargetLimits, type Ticket } from '../../../../../src/ai/models/targets/target-limits.ts';
import { Deadline } from '../../../../../src/lib/index.ts';
import { noLimits } from '../model-client-kit.ts';

afterEach(() => void vi.useRealTimers());

const bounds = (ms: number, signal = new AbortController().signal) => ({ signal, deadline: Deadline.in(ms) });
const late = () => new Error('late');

describe('a sliding minute', () => {
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
          expect(minute.total).toBeGreaterThanOrEqual(used(60_000));
          expect(minute.total).toBeLessThanOrEqual(used(61_001));
          const waitMs = minute.msUntil(now, 50, 150);
          if (waitMs === 0) expect(minute.total).toBeLessThanOrEqual(100);
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

describe('a target’s limits', () => {
  it('let the queue in by its order as places come free, and never more than fit', async () => {
    const limits = new TargetLimits({ ...noLimits, concurrency: 1 });
    const first = limits.tryAcquire(1, performance.now());
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const ticket = (await limits.acquire(1, bounds(1_000), late)) as Ticket;
      order.push(number);
      expect(limits.inFlight).toBe(1);
      ticket.release(1);
    });
    expect([limits.waiting, limits.tryAcquire(1, performance.now())]).toEqual([3, undefined]);
    first?.release(1);
    first?.release(1);
    await Promise.all(waiting);
    expect([order, limits.inFlight]).toEqual([[1, 2, 3], 0]);
  });

  it('let whoever aborts or is late leave the queue', async () => {
    const limits = new TargetLimits({ ...noLimits, concurrency: 1 });
    limits.tryAcquire(1, performance.now());
    const controller = new AbortController();
    const aborted = limits.acquire(1, bounds(1_000, controller.signal), late) as Promise<Ticket>;
    const tooLate = limits.acquire(1, bounds(10), late) as Promise<Ticket>;
    const gone = new Error('gone');
    controller.abort(gone);
    await expect(aborted).rejects.toBe(gone);
    await expect(tooLate).rejects.toThrow('late');
    expect(limits.waiting).toBe(0);
  });

  it('make room as the minute goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const limits = new TargetLimits({ ...noLimits, requestsPerMinute: 2 });
    limits.tryAcquire(1, performance.now())?.release(1);
    limits.tryAcquire(1, performance.now())?.release(1);
    let served = false;
    const waiting = (limits.acquire(1, bounds(120_000), late) as Promise<Ticket>).then(() => {
      served = true;
    });
    await vi.advanceTimersByTimeAsync(59_000);
    expect(served).toBe(false);
    await vi.advanceTimersByTimeAsync(2_100);
    await waiting;
    expect(served).toBe(true);
  });

  it('refuse at once whoever could not be served before their deadline', () => {
    const limits = new TargetLimits({ ...noLimits, requestsPerMinute: 1 });
    limits.tryAcquire(1, performance.now());
    const refused = limits.acquire(1, bounds(1_000), late);
    expect(refused).toMatchObject({ kind: 'refused' });
    if (!(refused instanceof Promise)) expect(refused.retryAfterMs).toBeGreaterThan(58_000);
  });

  it('reserve tokens by estimate, correct them, and let one that is bigger than a minute through alone', () => {
    const limits = new TargetLimits({ ...noLimits, tokensPerMinute: 100 });
    const now = performance.now();
    const huge = limits.tryAcquire(5_000, now);
    expect([huge !== undefined, limits.tryAcquire(1, now)]).toEqual([true, undefined]);
    huge?.release(30);
    expect(limits.tokensInMinute(now)).toBe(30);
    expect(limits.tryAcquire(71, now)).toBeUndefined();
    limits.tryAcquire(70, now)?.release(0);
    expect(limits.tokensInMinute(now)).toBe(30);
  });
});
