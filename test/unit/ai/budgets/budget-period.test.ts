import { describe, expect, it } from 'vitest';
import { createPeriods, windowOf } from '../../../../src/ai/budgets/budget-period.ts';

const at = (text: string): number => Date.parse(text);
const textOf = (moment: number | undefined): string => new Date(moment ?? Number.NaN).toISOString();

describe('periods of a calendar', () => {
  it.each([
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'], // 23 hours long
    ['day', 'UTC', '2026-11-29T05:00:00Z', '2026-11-29T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['week', 'UTC', '2026-11-29T05:00:00Z', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['month', 'America/New_York', '2026-12-01T04:59:59Z', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
    ['quarter', 'UTC', '2026-11-29T05:00:00Z', '2026-10-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['year', 'Asia/Tokyo', '2026-12-31T16:00:00Z', '2026-12-31T15:00:00.000Z', '2027-12-31T15:00:00.000Z'],
  ] as const)('a %s in %s at %s', (every, timeZone, moment, startsAt, endsAt) => {
    const { span } = createPeriods({ kind: 'calendar', every, timeZone }, () => at(moment))();
    expect([textOf(span?.startsAt), textOf(span?.endsAt)]).toEqual([startsAt, endsAt]);
    const window = windowOf({ kind: 'calendar', every, timeZone });
    // The counter of a period lives at least as long as it.
    expect(window.ms).toBeGreaterThanOrEqual((span?.endsAt ?? 0) - (span?.startsAt ?? 0));
  });

  it('have a counter each, and begin at the first moment of the next', () => {
    const clock = { moment: at('2026-11-29T23:59:59.999Z') };
    const periods = createPeriods({ kind: 'calendar', every: 'day', timeZone: 'UTC' }, () => clock.moment);
    const first = periods();
    expect(periods()).toBe(first);
    clock.moment += 1;
    expect(periods().span?.startsAt).toBe(first.span?.endsAt);
    expect(periods().key).not.toBe(first.key);
    // A clock that is set back is followed.
    clock.moment -= 1;
    expect(periods().key).toBe(first.key);
  });
});
