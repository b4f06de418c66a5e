import { afterEach, describe, expect, it, vi } from 'vitest';
import { TargetLimits, type Ticket } from '../../../../../src/ai/models/targets/target-limits.ts';
import type { TargetLimits as LimitsConfig } from '../../../../../src/config/index.ts';
import {
  createCounterMemory,
  type LocalCounters,
  ProcessCounters,
  SharedCounters,
} from '../../../../../src/counters/index.ts';
import { Deadline } from '../../../../../src/lib/index.ts';
import { noLimits } from '../model-client-kit.ts';

afterEach(() => void vi.useRealTimers());

const bounds = (ms: number, signal = new AbortController().signal) => ({ signal, deadline: Deadline.in(ms) });
const late = () => new Error('late');

function limitsOf(limits: Partial<LimitsConfig>, counters: LocalCounters = new ProcessCounters()): TargetLimits {
  return new TargetLimits('p/m', { ...noLimits, ...limits }, counters);
}

describe('a target’s limits', () => {
  it('admit the queue in its order as places become free, and never more than fit', async () => {
    const limits = limitsOf({ concurrency: 1 });
    const first = limits.tryAcquire(1);
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const ticket = (await limits.acquire(1, bounds(1_000), late)) as Ticket;
      order.push(number);
      expect(limits.inFlight).toBe(1);
      ticket.release(1);
    });
    expect([limits.waiting, limits.tryAcquire(1)]).toEqual([3, undefined]);
    first?.release(1);
    first?.release(1);
    await Promise.all(waiting);
    expect([order, limits.inFlight]).toEqual([[1, 2, 3], 0]);
  });

  it('remove callers from the queue that abort or are late', async () => {
    const limits = limitsOf({ concurrency: 1 });
    limits.tryAcquire(1);
    const controller = new AbortController();
    const aborted = limits.acquire(1, bounds(1_000, controller.signal), late) as Promise<Ticket>;
    const tooLate = limits.acquire(1, bounds(10), late) as Promise<Ticket>;
    const gone = new Error('gone');
    controller.abort(gone);
    await expect(aborted).rejects.toBe(gone);
    await expect(tooLate).rejects.toThrow('late');
    expect(limits.waiting).toBe(0);
  });

  it('have room again as the minute passes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const limits = limitsOf({ requestsPerMinute: 2 });
    limits.tryAcquire(1)?.release(1);
    limits.tryAcquire(1)?.release(1);
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

  it('refuse at once a caller that could not be served before its deadline', () => {
    const limits = limitsOf({ requestsPerMinute: 1 });
    limits.tryAcquire(1);
    const refused = limits.acquire(1, bounds(1_000), late);
    expect(refused).toMatchObject({ kind: 'refused' });
    if (!(refused instanceof Promise)) expect(refused.retryAfterMs).toBeGreaterThan(58_000);
  });

  it('reserve tokens by estimate, correct them, and admit a call above the limit of a minute alone', () => {
    const limits = limitsOf({ tokensPerMinute: 100 });
    const huge = limits.tryAcquire(5_000);
    expect([huge !== undefined, limits.tryAcquire(1)]).toEqual([true, undefined]);
    huge?.release(30);
    expect(limits.tokensInMinute).toBe(30);
    expect(limits.tryAcquire(71)).toBeUndefined();
    limits.tryAcquire(70)?.release(0);
    expect(limits.tokensInMinute).toBe(30);
  });

  describe('of two workers', () => {
    function twoWorkers(limits: Partial<LimitsConfig>): readonly [TargetLimits, TargetLimits] {
      const memory = createCounterMemory();
      const of = (holder: number) => limitsOf(limits, new SharedCounters({ memory, holder }));
      return [of(1), of(2)];
    }

    it('are one limit', () => {
      const [first, second] = twoWorkers({ concurrency: 3, requestsPerMinute: 4 });
      const tickets = [first, second, first, second, first].map((limits) => limits.tryAcquire(1));
      expect(tickets.map((ticket) => ticket !== undefined)).toEqual([true, true, true, false, false]);
      tickets[0]?.release(1);
      tickets[1]?.release(1);
      expect([second.tryAcquire(1) !== undefined, first.tryAcquire(1)]).toEqual([true, undefined]);
      expect(second.inFlight).toBe(2);
    });

    it('pass a place that becomes free in one to a caller that waits in the other, before new callers', async () => {
      const [busy, other] = twoWorkers({ concurrency: 1 });
      const ticket = busy.tryAcquire(1);
      const order: string[] = [];
      const wait = async (name: string, limits: TargetLimits): Promise<void> => {
        const acquired = (await limits.acquire(1, bounds(10_000), late)) as Ticket;
        order.push(name);
        acquired.release(1);
      };
      const waiting = [wait('other', other), wait('busy', busy)];
      expect(busy.tryAcquire(1)).toBeUndefined();
      ticket?.release(1);
      expect(busy.tryAcquire(1)).toBeUndefined();
      // A thread that is busy for longer than a worker waits for another's callers.
      for (const until = performance.now() + 30; performance.now() < until; );
      await Promise.all(waiting);
      expect(order).toEqual(['other', 'busy']);
      expect([busy.inFlight, busy.waiting, other.waiting]).toEqual([0, 0, 0]);
    });

    it('share the length of the queue', async () => {
      const [first, second] = twoWorkers({ concurrency: 1, queue: 2 });
      first.tryAcquire(1);
      const gone = new AbortController();
      const waiting = [first, second].map((limits) => limits.acquire(1, bounds(10_000, gone.signal), late));
      expect(second.acquire(1, bounds(10_000), late)).toMatchObject({ kind: 'refused' });
      gone.abort(new Error('gone'));
      await Promise.allSettled(waiting);
      const again = new AbortController();
      const acquired = second.acquire(1, bounds(10_000, again.signal), late);
      again.abort(new Error('gone'));
      await expect(acquired).rejects.toThrow('gone');
    });
  });
});
