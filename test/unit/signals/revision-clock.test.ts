import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { publishRevisions, RevisionClock, type Signals } from '../../../src/signals/index.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Signals of one thread to itself. */
function loopback(): Signals {
  const listeners = new Map<string, Set<(message: unknown) => void>>();
  return {
    publish: (topic, message) => {
      for (const listener of listeners.get(topic) ?? []) listener(message);
    },
    subscribe: (topic, listener) => {
      listeners.set(topic, (listeners.get(topic) ?? new Set()).add(listener));
      return () => void listeners.get(topic)?.delete(listener);
    },
  };
}

/** A clock of `keys`, and what it ticked with. */
function clockOf(signals?: Signals) {
  const ticks: (number | undefined)[] = [];
  const teller = signals && { signals, store: 'a' };
  const clock = new RevisionClock({ teller, table: 'keys', onTick: async (revision) => void ticks.push(revision) });
  return { clock, ticks };
}

test('whoever is told nothing looks each second', async () => {
  const { clock, ticks } = clockOf();
  await vi.advanceTimersByTimeAsync(3_010);
  expect(ticks).toEqual([undefined, undefined, undefined]);
  clock.close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ticks).toHaveLength(3);
});

test('whoever is told looks only then, and by itself soon after it is not told any more', async () => {
  const signals = loopback();
  const { clock, ticks } = clockOf(signals);
  for (let revision = 1; revision <= 4; revision++) {
    await vi.advanceTimersByTimeAsync(990);
    publishRevisions({ signals, store: 'a' }, { keys: revision, others: 7 });
    publishRevisions({ signals, store: 'another' }, { keys: 99 });
  }
  expect(ticks).toEqual([1, 2, 3, 4]);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(ticks).toEqual([1, 2, 3, 4, undefined]);
  clock.close();
  publishRevisions({ signals, store: 'a' }, { keys: 5 });
  expect(ticks).toHaveLength(5);
});
