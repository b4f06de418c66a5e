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

  it.each([
    ['day', 'America/Havana', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'], // 0:00 to 1:00 twice
    ['month', 'America/Havana', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
    ['day', 'Atlantic/Azores', '2026-10-25T00:00:00.000Z', '2026-10-26T01:00:00.000Z'],
    ['hour', 'Australia/Lord_Howe', '2026-04-04T14:00:00.000Z', '2026-04-04T15:00:00.000Z'], // 1:30 to 2:00 twice
    ['hour', 'Australia/Lord_Howe', '2026-10-03T14:30:00.000Z', '2026-10-03T15:30:00.000Z'], // 2:00 to 2:30 never
    ['hour', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z', '2026-10-03T16:00:00.000Z'],
    ['hour', 'America/St_Johns', '2011-03-13T03:30:00.000Z', '2011-03-13T04:30:00.000Z'], // 0:01 to 1:01 never
    ['day', 'Pacific/Apia', '2011-12-29T10:00:00.000Z', '2011-12-30T10:00:00.000Z'],
    ['day', 'Africa/Cairo', '2026-04-23T22:00:00.000Z', '2026-04-24T21:00:00.000Z'], // 0:00 to 1:00 never
  ] as const)(
    'a %s in %s where clocks change from %s to %s, whenever it is asked for',
    (every, timeZone, startsAt, endsAt) => {
      const [start, end] = [at(startsAt), at(endsAt)];
      for (let moment = start; moment < end; moment += (end - start) / 240) {
        const { span } = createPeriods({ kind: 'calendar', every, timeZone }, () => moment)();
        expect([moment, textOf(span?.startsAt), textOf(span?.endsAt)]).toEqual([moment, startsAt, endsAt]);
      }
    },
  );

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
