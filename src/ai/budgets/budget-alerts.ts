import type { LocalCounters } from '../../counters/index.ts';
import type { BudgetLevel } from './budget-level.ts';

/**
 * The percentages of a budget's limit that are reached, and that nobody has been told of in this period: each is found once,
 * by one thread.
 */
export function newAlerts(
  { budget, limit, spentKey }: BudgetLevel,
  spent: number,
  counters: LocalCounters,
): readonly number[] {
  const { config } = budget;
  const { key } = budget.period();
  const reached: number[] = [];
  // A limit that is raised has shares of its own.
  const ofLimit = limit === config.limit ? '' : ` of ${limit}`;
  for (const percent of config.alerts) {
    if (spent * 100 < limit * percent) break;
    const window = { kind: 'fixed', ms: budget.window.ms } as const;
    const once = { key: `${spentKey}${key} ${percent}${ofLimit}`, amount: 1, max: 1, window };
    if (counters.add([once]).kind === 'added') reached.push(percent);
  }
  return reached;
}
