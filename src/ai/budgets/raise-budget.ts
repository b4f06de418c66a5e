/** Raises the limit of a budget for a time. The command and the admin graph do it through here. */
import { type AiConfig, type BudgetConfig, parseDuration } from '../../config/index.ts';
import { didYouMean, parseUsd } from '../../lib/index.ts';
import type { BudgetRaise, Store } from '../../store/index.ts';

export interface RaiseRequest {
  /** The budget's name. */
  readonly name: string;
  /** Undefined: every subject of the budget. */
  readonly subject: string | undefined;
  /** In US dollars, tokens or calls, as the budget is. 0 ends an increase. */
  readonly by: string;
  /** A moment of ISO 8601, or a duration from now. */
  readonly until: string;
}

/** The increase cannot be made: its message says why. */
export class BudgetRaiseError extends Error {
  override readonly name = 'BudgetRaiseError';
}

/**
 * It replaces an increase of the same budget and subject. Running gateways take it up within two seconds.
 * @param actor who asks for it, as the audit log is to say it
 * @throws BudgetRaiseError
 */
export async function raiseBudget(
  store: Pick<Store, 'budgetRaises'>,
  { budgets, ledger }: Pick<AiConfig, 'budgets' | 'ledger'>,
  { name, subject, by, until }: RaiseRequest,
  actor: string,
): Promise<BudgetRaise> {
  const names = budgets.map((budget) => budget.name);
  const config = budgets.find((budget) => budget.name === name);
  if (config === undefined) {
    const choice = names.length === 0 ? '' : `; there are: ${names.join(', ')}`;
    throw new BudgetRaiseError(`there is no budget "${name}" under ai.budgets${didYouMean(name, names) || choice}`);
  }
  if (!ledger.enabled)
    throw new BudgetRaiseError('gateways with ai.ledger: false read no increases: remove it, or change the limit');
  if (subject !== undefined && (config.per === 'organization' || subject === ''))
    throw new BudgetRaiseError(
      config.per === 'organization'
        ? `everyone has the budget "${name}" together: leave the subject out`
        : 'a subject has a name: leave it out to raise the budget of all',
    );
  const at = Date.now();
  const raise = {
    budget: name,
    subject,
    unit: config.unit,
    amount: amountOf(by, config),
    until: momentOf(until, at),
  };
  await store.budgetRaises.put({ raise, actor, at });
  return raise;
}

function amountOf(text: string, { unit, limit }: BudgetConfig): number {
  const amount = unit === 'usd' ? Number(parseUsd(text) ?? Number.NaN) : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(amount))
    throw new BudgetRaiseError(
      unit === 'usd' ? 'by: write US dollars as a decimal, such as 25.50' : `by: write a whole number of ${unit}`,
    );
  // An increase for a subject and one for all add up.
  if (limit + 2 * amount > Number.MAX_SAFE_INTEGER) throw new BudgetRaiseError('by: the limit would be too large');
  return amount;
}

function momentOf(text: string, now: number): number {
  const inMs = parseDuration(text);
  const isMoment = /^\d{4}-\d\d-\d\d/.test(text);
  const moment = inMs !== undefined ? now + inMs : isMoment ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment))
    throw new BudgetRaiseError('until: write a moment such as 2026-12-01T00:00Z, or a duration such as 3d');
  if (moment <= now) throw new BudgetRaiseError('until: it is in the past');
  return moment;
}
