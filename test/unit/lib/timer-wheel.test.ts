import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallbackEntry, TimerWheel } from '../../../src/lib/index.ts';

/** The width of a slot: how late a timeout may be. */
const slotMs = 8;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** An entry that notes in `times` when it is told. */
function entryIn(times: number[]): CallbackEntry {
  return new CallbackEntry(() => times.push(performance.now()));
}

test.each([1, 7, 50, 999, 30_000, 100_000, 3_000_000])(
  'a timeout of %d ms is never early, and at most a slot late',
  (milliseconds) => {
    const wheel = new TimerWheel();
    const times: number[] = [];
    vi.advanceTimersByTime(3);
    const begin = performance.now();
    wheel.add(entryIn(times), milliseconds);
    for (let turn = 0; turn < 10 && times.length === 0; turn++) vi.advanceTimersByTime(milliseconds / 5 + slotMs);
    expect(times).toHaveLength(1);
    expect(times[0]).toBeGreaterThanOrEqual(begin + milliseconds);
    expect(times[0]).toBeLessThanOrEqual(begin + milliseconds + slotMs + 1);
    expect(wheel.size).toBe(0);
  },
);

test('random entries that come, go and are set anew are each told once, at their last deadline', () => {
  const wheel = new TimerWheel();
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const expected = new Map<CallbackEntry, number>();
  const told = new Map<CallbackEntry, number[]>();
  for (let step = 0; step < 5_000; step++) {
    const known = [...expected.keys()];
    const earlier = known[random(known.length + 40)];
    if (earlier !== undefined && random(2) === 0) {
      wheel.remove(earlier);
      expected.delete(earlier);
    } else {
      const entry: CallbackEntry =
        earlier ??
        new CallbackEntry(() => {
          expect(performance.now()).toBeGreaterThanOrEqual(expected.get(entry) ?? Number.POSITIVE_INFINITY);
          expected.delete(entry);
          told.set(entry, [...(told.get(entry) ?? []), performance.now()]);
        });
      const milliseconds = random(40_000);
      expected.set(entry, performance.now() + milliseconds);
      wheel.add(entry, milliseconds);
    }
    expect(wheel.size).toBe(expected.size);
    if (random(5) === 0) vi.advanceTimersByTime(random(400));
  }
  vi.advanceTimersByTime(50_000);
  expect(expected.size).toBe(0);
  expect(wheel.size).toBe(0);
  expect(told.size).toBeGreaterThan(100);
});

test('entries of one time are told in their order, and one that another ends is not told', () => {
  const wheel = new TimerWheel();
  const order: string[] = [];
  const ended = new CallbackEntry(() => order.push('ended'));
  wheel.add(
    new CallbackEntry(() => {
      order.push('first');
      wheel.remove(ended);
      wheel.add(new CallbackEntry(() => order.push('later')), 0);
    }),
    20,
  );
  wheel.add(ended, 20);
  wheel.add(new CallbackEntry(() => order.push('last')), 20);
  vi.advanceTimersByTime(30);
  expect(order).toEqual(['first', 'last']);
  vi.advanceTimersByTime(2 * slotMs);
  expect(order).toEqual(['first', 'last', 'later']);
});

test('requests that end in time set no timer each: there is one for all', () => {
  const wheel = new TimerWheel();
  for (let request = 0; request < 1_000; request++) {
    const entry = new CallbackEntry(() => undefined);
    wheel.add(entry, 10_000);
    wheel.remove(entry);
    vi.advanceTimersByTime(1);
  }
  expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
});

test('an entry that throws keeps none of the others from being told', () => {
  const wheel = new TimerWheel();
  const times: number[] = [];
  wheel.add(
    new CallbackEntry(() => {
      throw new Error('a defect');
    }),
    10,
  );
  wheel.add(entryIn(times), 10);
  wheel.add(entryIn(times), 100);
  expect(() => vi.advanceTimersByTime(200)).toThrow('a defect');
  vi.advanceTimersByTime(200);
  expect(times).toHaveLength(2);
});

test('a clock that starts anew loses no entry', () => {
  const wheel = new TimerWheel();
  const times: number[] = [];
  vi.advanceTimersByTime(60_000);
  wheel.add(new CallbackEntry(() => undefined), 120_000);
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  wheel.add(entryIn(times), 1_000);
  vi.advanceTimersByTime(1_000 + slotMs);
  expect(times).toHaveLength(1);
});

test.each([
  ['timers', ['setTimeout', 'clearTimeout']],
  ['timers and time', ['setTimeout', 'clearTimeout', 'performance']],
] as const)('a clock of %s that has gone takes no later entry with it', async (_what, toFake) => {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: [...toFake] });
  const wheel = new TimerWheel();
  wheel.add(entryIn([]), 20);
  vi.useRealTimers();
  const told = Promise.withResolvers<void>();
  wheel.add(new CallbackEntry(told.resolve), 40);
  await told.promise;
});
