/** The periods of budgets, as windows of counters. */
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
      const start: DateTime = luxon().DateTime.fromMillis(moment, { zone: period.timeZone }).startOf(period.every);
      const end = start.plus({ [`${period.every}s`]: 1 }).startOf(period.every);
      const startsAt = start.toMillis();
      current = { key: ` ${startsAt}`, span: { startsAt, endsAt: end.toMillis() } };
    }
    return current;
  };
}
