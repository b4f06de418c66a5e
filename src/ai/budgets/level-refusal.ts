import type { CounterOutcome, LocalCounters } from '../../counters/index.ts';
import type { BudgetExceeded } from '../model-call/index.ts';
import { budgetExceeded } from './budget-error.ts';
import { type BudgetLevel, currentKey } from './budget-level.ts';

/** The error of a level that has no room for `needed`, of which `own` is held for it already. */
export function levelRefusal(
  counters: LocalCounters,
  level: BudgetLevel,
  { needed, own = 0 }: { readonly needed: number; readonly own?: number },
  { roomInMs }: Extract<CounterOutcome, { readonly kind: 'refused' }>,
): BudgetExceeded {
  const { budget, heldKey, limit } = level;
  const used = counters.amount(currentKey(level), budget.window) + counters.amount(heldKey) - own;
  return refusalOf(level, { needed, used, limit, roomInMs });
}

/** @param full.roomInMs when there is room again in a rolling period; one of the calendar begins anew */
export function refusalOf(
  { budget, subject }: BudgetLevel,
  full: { readonly needed: number; readonly used: number; readonly limit: number; readonly roomInMs: number },
): BudgetExceeded {
  const { needed, used, limit, roomInMs } = full;
  const { unit, name, cheaperModel, whenFull } = budget.config;
  const { span } = budget.period();
  const waitMs = span === undefined ? roomInMs : Math.max(0, span.endsAt - Date.now());
  return budgetExceeded({
    budget: name,
    subject,
    unit,
    limit,
    left: Math.max(0, limit - used),
    needed,
    roomInMs: waitMs === 0 ? undefined : waitMs,
    cheaperModel,
    allowsFree: whenFull === 'cached_only',
  });
}
