/**
 * Brings the counters of budgets to what the ledger has of their current periods: at the start, and for a budget that is new
 * at a reload. What is counted is never less than what was spent: an amount of a rolling period counts as if it had been
 * spent at the end of its step, a sixtieth of the period.
 */
import type { BudgetConfig, BudgetSubject } from '../../config/index.ts';
import type { LocalCounters } from '../../counters/index.ts';
import { hourMs } from '../../lib/index.ts';
import type { LedgerDimension } from '../../observability/index.ts';
import type { LedgerGroup, LedgerTable } from '../../store/index.ts';
import { newAlerts } from './budget-alerts.ts';
import { type Budget, type BudgetLevel, budgetsOf } from './budget-level.ts';
import { promptNameOf } from './payer.ts';

export interface RestoreOptions {
  readonly budgets: readonly BudgetConfig[];
  /** @returns the ledger with everything in it that has been settled */
  readonly readLedger: () => Promise<Pick<LedgerTable, 'sums'>>;
  readonly counters: LocalCounters;
  /** The budgets that have been restored in this process, which are passed over; the others are added. */
  readonly restored: Set<string>;
}

export async function restoreBudgets({ budgets, readLedger, counters, restored }: RestoreOptions): Promise<void> {
  const fresh = budgetsOf(budgets).filter(({ key }) => !restored.has(key));
  if (fresh.length === 0) return;
  const ledger = await readLedger();
  for (const budget of fresh) {
    const levels = new Map<string, BudgetLevel>();
    for (const { subject, atMs, amount } of await spentOf(budget, ledger)) {
      const level = levels.get(subject) ?? budget.levelOf(subject);
      levels.set(subject, level);
      const key = level.spentKey + budget.period().key;
      const { window } = budget;
      const begun = counters.add([{ key, amount: 0, window }]);
      if (begun.kind === 'refused') continue;
      const ageMs = Math.max(0, Date.now() - atMs);
      const past = window.kind === 'sliding' ? { atMs: begun.atMs - ageMs } : {};
      counters.add([{ key, amount, window, ...past }]);
    }
    // They have been reported before the restart.
    for (const level of levels.values())
      newAlerts(level, counters.amount(level.spentKey + budget.period().key, budget.window), counters);
    restored.add(budget.key);
  }
}

/** What a subject has spent of a budget. */
export interface Spent {
  readonly subject: string;
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
  readonly amount: number;
}

const steps = 60;

/** What the ledger has of the current period of a budget; of a rolling one, by its steps. */
export async function spentOf(budget: Budget, ledger: Pick<LedgerTable, 'sums'>): Promise<readonly Spent[]> {
  const { config, window } = budget;
  const { per, match, traffic, unit } = config;
  const { by, where, isEmpty } = conditionsOf(per, match);
  if (isEmpty) return [];
  const { span } = budget.period();
  const now = Date.now();
  const stepMs = window.ms / steps;
  // Of whole hours where it can be: they are summed already.
  const everyMs = stepMs > hourMs ? Math.floor(stepMs / hourMs) * hourMs : Math.floor(stepMs);
  const time = span === undefined ? { from: now - window.ms, everyMs } : { from: span.startsAt };
  const groups = await ledger.sums({ ...time, to: now + 1, by, where: { ...where, traffic } });
  const spent = new Map<string, Spent>();
  for (const group of groups) {
    const subject = subjectIn(group, per);
    const isOfPrompt = match.prompt === undefined || promptNameOf(group.of.get('prompt')) === match.prompt;
    if (subject === undefined || !isOfPrompt) continue;
    const atMs = span === undefined ? Math.min(now, group.at + everyMs) : now;
    const key = `${atMs} ${subject}`;
    const amount = Number({ usd: group.settled, tokens: group.tokens, calls: group.calls }[unit]);
    if (amount > 0) spent.set(key, { subject, atMs, amount: (spent.get(key)?.amount ?? 0) + amount });
  }
  return [...spent.values()];
}

/** The column of each subject. Keys and users are principals of their kind. */
const columns: Readonly<Record<Exclude<BudgetSubject, 'organization'>, LedgerDimension>> = {
  tenant: 'tenant',
  team: 'team',
  key: 'principal',
  user: 'principal',
  client: 'client',
  operation: 'operation',
  prompt: 'prompt',
  model: 'alias',
};

function conditionsOf(per: BudgetConfig['per'], match: BudgetConfig['match']) {
  const by = new Set<LedgerDimension>(per === 'organization' ? [] : [columns[per]]);
  const where: Partial<Record<LedgerDimension, string>> = {};
  let isEmpty = false;
  const require = (dimension: LedgerDimension, value: string): void => {
    if (where[dimension] !== undefined && where[dimension] !== value) isEmpty = true;
    where[dimension] = value;
  };
  if (per === 'key' || per === 'user') require('kind', per);
  for (const [subject, value] of Object.entries(match) as [BudgetSubject, string][]) {
    if (subject === 'organization') isEmpty ||= value !== '';
    // Rows have it with its version.
    else if (subject === 'prompt') by.add('prompt');
    else require(columns[subject], value);
    if (subject === 'key' || subject === 'user') require('kind', subject);
  }
  return { by: [...by], where, isEmpty };
}

function subjectIn({ of }: LedgerGroup, per: BudgetConfig['per']): string | undefined {
  if (per === 'organization') return '';
  const value = of.get(columns[per]);
  return per === 'prompt' ? promptNameOf(value) : value;
}
