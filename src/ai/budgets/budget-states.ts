/** What is left of every budget, as far as the ledger says: calls in flight are not in it yet. */
import type { BudgetConfig } from '../../config/index.ts';
import type { LedgerTable } from '../../store/index.ts';
import { budgetsOf, type LimitRaises } from './budget-level.ts';
import { spentOf } from './restore-budgets.ts';

export interface BudgetState {
  readonly budget: BudgetConfig;
  /** Empty: everyone together. */
  readonly subject: string;
  /** With what it is raised by at the moment. */
  readonly limit: number;
  readonly spent: number;
  /** When its period ends, in milliseconds since 1970; undefined: it is rolling. */
  readonly resetsAt: number | undefined;
}

/** In the order of the configuration; of a budget, those first that have spent most. Whoever has spent nothing is not in it. */
export async function readBudgetStates(
  budgets: readonly BudgetConfig[],
  ledger: Pick<LedgerTable, 'sums'>,
  raises: LimitRaises,
): Promise<readonly BudgetState[]> {
  const states: BudgetState[] = [];
  for (const budget of budgetsOf(budgets, raises)) {
    const { config, period } = budget;
    const resetsAt = period().span?.endsAt;
    const spent = new Map<string, number>(config.per === 'organization' ? [['', 0]] : []);
    for (const { subject, amount } of await spentOf(budget, ledger))
      spent.set(subject, (spent.get(subject) ?? 0) + amount);
    const ofBudget = [...spent].map(([subject, amount]) => ({
      budget: config,
      subject,
      limit: budget.levelOf(subject).limit,
      spent: amount,
      resetsAt,
    }));
    states.push(...ofBudget.sort((a, b) => b.spent - a.spent));
  }
  return states;
}
