import { expect, it } from 'vitest';
import { type Sums, type SumsByGroup, Window } from '../../../src/alerts/window.ts';

const hour = 3_600_000;
const overMs = 6 * hour;
const everyMs = 10_000;

function counted(count: number): SumsByGroup {
  const sums: Sums = { count, errors: 0, nanoUsd: 0n, inputTokens: 0, outputTokens: 0, durations: new Map() };
  return new Map([['', sums]]);
}

/** One operation each time that the window moves, so that what it counts says when it began. */
it('a long window keeps a bounded number of moments to begin at, and is never shorter than it says', () => {
  const window = new Window(overMs);
  const hours = new Map<number, number>();
  const beginnings = new Set<number>();
  for (let now = 0; now <= 3 * overMs; now += everyMs) {
    const of = Math.floor(now / hour) * hour;
    hours.set(of, (hours.get(of) ?? 0) + 1);
    const first = window.firstHour(now);
    const sums = [...hours].filter(([at]) => at >= first).map(([at, count]) => [at, counted(count)] as const);
    const since = window.move(now, new Map(sums))?.get('');
    if (now <= 2 * overMs || since === undefined) continue;
    expect(since.count).toBeGreaterThanOrEqual(overMs / everyMs);
    expect(since.count).toBeLessThanOrEqual((overMs + overMs / 60) / everyMs);
    beginnings.add(now / everyMs - since.count);
  }
  expect(beginnings.size).toBeLessThanOrEqual(61);
  expect(beginnings.size).toBeGreaterThanOrEqual(60);
});
