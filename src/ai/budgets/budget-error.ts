/** What a refused caller is told: which budget, what is left of it, and when it resets. */
import type { BudgetUnit } from '../../config/index.ts';
import { formatUsd } from '../../lib/index.ts';
import { BudgetExceeded } from '../model-call/index.ts';

export interface RefusedBudget {
  /** The budget's name, and whose share of it is used up. */
  readonly budget: string;
  readonly subject: string;
  readonly unit: BudgetUnit;
  readonly limit: number;
  /** Not used and not reserved by others; not negative. */
  readonly left: number;
  readonly needed: number;
  /** When there will be room, in milliseconds; undefined: when calls in flight end. */
  readonly roomInMs: number | undefined;
  readonly cheaperModel: string | undefined;
  /** Whether targets of the same alias may answer instead that are free. */
  readonly allowsFree: boolean;
}

export function budgetExceeded(refused: RefusedBudget): BudgetExceeded {
  const { budget, subject, unit, limit, left, needed, roomInMs, cheaperModel, allowsFree } = refused;
  const whose = subject === '' ? `The budget "${budget}"` : `The budget "${budget}" of ${subject}`;
  const amounts = `allows ${amountText(limit, unit)}; ${amountText(left, unit)} left, ${amountText(needed, unit)} needed`;
  const resetsAt = roomInMs === undefined ? undefined : new Date(Date.now() + roomInMs).toISOString();
  const advice =
    needed > limit
      ? 'it never fits, however long one waits; a smaller maxOutputTokens, a shorter input or a cheaper model may'
      : resetsAt === undefined
        ? 'calls in flight hold the rest'
        : `it has room again ${resetsAt}`;
  return new BudgetExceeded({
    message: `${whose} ${amounts}: ${advice}.`,
    detail: `budget ${budget}${subject === '' ? '' : `, ${subject}`}`,
    budget: {
      name: budget,
      subject: subject === '' ? null : subject,
      unit,
      limit: decimalText(limit, unit),
      left: decimalText(left, unit),
      needed: decimalText(needed, unit),
      resetsAt: resetsAt ?? null,
    },
    retryAfterMs: needed > limit || roomInMs === undefined ? undefined : Math.max(1, Math.ceil(roomInMs)),
    cheaperModel,
    allowsFree,
  });
}

export function amountText(amount: number, unit: BudgetUnit): string {
  return unit === 'usd' ? `$${decimalText(amount, unit)}` : `${amount} ${unit}`;
}

/** Without its unit. */
export function decimalText(amount: number, unit: BudgetUnit): string {
  return unit === 'usd' ? formatUsd(BigInt(amount)) : String(amount);
}
