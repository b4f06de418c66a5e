/**
 * The budgets of a configuration: opens the accounts that requests spend from, and reports what is nearly used up.
 *
 * Counters outlive configurations: a budget goes on counting where it was, whatever changes of the others, its own limit
 * included.
 */
import type { BudgetConfig } from '../../config/index.ts';
import type { LocalCounters } from '../../counters/index.ts';
import { formatUsd } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SegmentWriter } from '../ledger/index.ts';
import type { SpendAccount } from '../model-call/index.ts';
import type { AlertWebhook } from './alert-webhook.ts';
import { newAlerts } from './budget-alerts.ts';
import { amountText, decimalText } from './budget-error.ts';
import { type Budget, type BudgetLevel, budgetsOf, type LimitRaises } from './budget-level.ts';
import type { JointBudgets } from './joint-budgets.ts';
import { LedgerEntries } from './ledger-entries.ts';
import type { Payer } from './payer.ts';
import { type AccountOptions, RequestAccount } from './request-account.ts';

export interface BudgetsOptions {
  readonly budgets: readonly BudgetConfig[];
  readonly counters: LocalCounters;
  /** Where calls are recorded; undefined: nowhere. */
  readonly ledger?: SegmentWriter | undefined;
  /** What several gateways count together; undefined: each counts its own. */
  readonly joint?: JointBudgets | undefined;
  /** What raises limits for a time; undefined: nothing does. */
  readonly raises?: LimitRaises | undefined;
  /** Where alerts are sent, besides the log; undefined: nowhere. */
  readonly webhook?: Pick<AlertWebhook, 'send'> | undefined;
  readonly log: Logger;
}

export class Budgets {
  readonly #live: readonly Budget[];
  readonly #shadow: readonly Budget[];
  readonly #options: BudgetsOptions;

  constructor(options: BudgetsOptions) {
    this.#options = options;
    const budgets = budgetsOf(options.budgets, options.raises);
    this.#live = budgets.filter(({ config }) => config.traffic === 'live');
    this.#shadow = budgets.filter(({ config }) => config.traffic === 'shadow');
  }

  /**
   * @param maxNanoUsd the most that the request may spend; undefined: what budgets allow
   * @returns undefined where nothing limits the request
   */
  open(payer: () => Payer, maxNanoUsd: number | undefined): SpendAccount | undefined {
    const { ledger } = this.#options;
    const isLimited = maxNanoUsd !== undefined || this.#live.length > 0 || this.#shadow.length > 0;
    if (!isLimited && ledger === undefined) return undefined;
    const entries = ledger && new LedgerEntries(payer, ledger);
    const openShadow = (): SpendAccount =>
      this.#account({ payer, budgets: this.#shadow, traffic: 'shadow', entries, maxNanoUsd: undefined });
    return this.#account({ payer, budgets: this.#live, traffic: 'live', entries, maxNanoUsd, openShadow });
  }

  /** Whether what several gateways count together can be counted, and what is done otherwise; undefined: each counts its own. */
  get joint(): { readonly isAvailable: boolean; readonly whenDown: string } | undefined {
    return this.#options.joint;
  }

  /** An account that limits nothing, for a request that nothing limits: it adds up what is spent. */
  openUnlimited(): SpendAccount {
    return this.#account({
      payer: missingPayer,
      budgets: [],
      traffic: 'live',
      entries: undefined,
      maxNanoUsd: undefined,
    });
  }

  #account(of: Omit<AccountOptions, 'counters' | 'joint' | 'onSpent' | 'onOvershoot'>): SpendAccount {
    const { counters, joint, log } = this.#options;
    return new RequestAccount({
      ...of,
      counters,
      joint,
      onSpent: (level, spent) => this.#reportAlerts(level, spent),
      onOvershoot: (nanoUsd, model) =>
        log.warn(
          { model, overshootUsd: formatUsd(BigInt(nanoUsd)) },
          'a provider billed more than the bound of a call',
        ),
    });
  }

  /** Logs and sends each share of a budget that is reached, once a period over all workers. */
  #reportAlerts(level: BudgetLevel, byAll: number | undefined): void {
    const { counters, webhook, log } = this.#options;
    const { budget, subject, limit, spentKey } = level;
    const { unit, name } = budget.config;
    const { key, span } = budget.period();
    const spent = byAll ?? counters.amount(spentKey + key, budget.window);
    for (const percent of newAlerts(level, spent, counters)) {
      log.warn(
        { budget: name, subject, percent, spent: amountText(spent, unit), limit: amountText(limit, unit) },
        'a share of a budget is used up',
      );
      webhook?.send({
        budget: name,
        subject: subject === '' ? null : subject,
        percent,
        limit: decimalText(limit, unit),
        spent: decimalText(spent, unit),
        unit,
        resetsAt: span === undefined ? null : new Date(span.endsAt).toISOString(),
        at: new Date().toISOString(),
      });
    }
  }
}

function missingPayer(): never {
  throw new Error('an account without budgets asks for no payer');
}
