/**
 * The periods of budgets, as windows of counters. Of a calendar, each moment belongs to one period, whenever it is asked for:
 * two gateways, one of which began an hour ago, count in the same. So where clocks go back over a midnight, the day begins
 * with the first of the two; where they change by a part of an hour, an hour ends there.
 */
import type { DateTime } from 'luxon';
import type { BudgetPeriod } from '../../config/index.ts';
import type { CounterWindow } from '../../counters/index.ts';
import { packageOnDemand } from '../../lib/index.ts';

/** The period that a moment belongs to. */
export interface CurrentPeriod {
  /** Part of the counter's key: each period of a calendar has a counter of its own. Empty for rolling periods. */
  readonly key: string;
  /** In milliseconds since 1970. Undefined: it is rolling, and room comes as older amounts leave it. */
  readonly span: { readonly startsAt: number; readonly endsAt: number } | undefined;
}

const rolling: CurrentPeriod = { key: '', span: undefined };

const luxon = packageOnDemand<typeof import('luxon')>('luxon');

/** Longer than any period of that name: a counter of a period that is over goes by itself. */
const longestMs = {
  minute: 120_000,
  hour: 7_200_000,
  day: 2 * 86_400_000,
  week: 8 * 86_400_000,
  month: 32 * 86_400_000,
  quarter: 93 * 86_400_000,
  year: 367 * 86_400_000,
} as const;

export function windowOf(period: BudgetPeriod): CounterWindow {
  return period.kind === 'rolling'
    ? { kind: 'sliding', ms: period.ms }
    : { kind: 'fixed', ms: longestMs[period.every] };
}

/** Finds the current period; of a calendar it is computed once a period. */
export function createPeriods(period: BudgetPeriod, now: () => number): () => CurrentPeriod {
  if (period.kind === 'rolling') return () => rolling;
  let current = rolling;
  return () => {
    const { span } = current;
    const moment = now();
    if (span === undefined || moment >= span.endsAt || moment < span.startsAt) {
      const next = spanOf(moment, period);
      current = { key: ` ${next.startsAt}`, span: next };
    }
    return current;
  };
}

type Span = NonNullable<CurrentPeriod['span']>;
type CalendarPeriod = Extract<BudgetPeriod, { readonly kind: 'calendar' }>;

function spanOf(moment: number, { every, timeZone }: CalendarPeriod): Span {
  const { DateTime } = luxon();
  const at = (ms: number): DateTime => DateTime.fromMillis(ms, { zone: timeZone });
  if (every === 'minute' || every === 'hour') {
    return clockSpan(moment, every === 'hour' ? 3_600_000 : 60_000, (ms) => at(ms).offset * 60_000);
  }
  const start = at(moment).startOf(every);
  const end = start.plus({ [`${every}s`]: 1 }).startOf(every);
  return { startsAt: firstOf(start), endsAt: firstOf(end) };
}

/** Of the moments with the same time of the day. */
function firstOf(time: DateTime): number {
  return Math.min(...time.getPossibleOffsets().map((each) => each.toMillis()));
}

/** @param offsetAt of the time zone from UTC */
function clockSpan(moment: number, lengthMs: number, offsetAt: (ms: number) => number): Span {
  const offset = offsetAt(moment);
  const startsAt = moment - ((moment + offset) % lengthMs);
  const endsAt = startsAt + lengthMs;
  const isOther = (ms: number): boolean => (offsetAt(ms) - offset) % lengthMs !== 0;
  return {
    startsAt: isOther(startsAt) ? changeBetween(startsAt, moment, (ms) => !isOther(ms)) : startsAt,
    endsAt: isOther(endsAt - 1) ? changeBetween(moment, endsAt - 1, isOther) : endsAt,
  };
}

/** @returns the first moment for which `isAfter` holds, which does not at `from`, and does at `to` */
function changeBetween(from: number, to: number, isAfter: (ms: number) => boolean): number {
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isAfter(middle)) after = middle;
    else before = middle;
  }
  return after;
}
