/**
 * The budgets of a configuration: opens the accounts that requests spend from, and reports what is nearly used up.
 *
 * Counters outlive configurations: a budget goes on counting where it was, whatever changes of the others, its own limit
 * included.
 */
import type { BudgetConfig } from '../../config/index.ts';
import type { LocalCounters } from '../../counters/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SpendAccount } from '../model-call/index.ts';
import { amountText } from './budget-error.ts';
import { Budget, type BudgetLevel, countedBy } from './budget-level.ts';
import type { Payer } from './payer.ts';
import { RequestAccount } from './request-account.ts';

export interface BudgetsOptions {
  readonly budgets: readonly BudgetConfig[];
  readonly counters: LocalCounters;
  readonly log: Logger;
}

export class Budgets {
  readonly #live: readonly Budget[];
  readonly #shadow: readonly Budget[];
  readonly #options: BudgetsOptions;

  constructor(options: BudgetsOptions) {
    this.#options = options;
    const counted: string[] = [];
    const budgets = options.budgets.map((config) => {
      const key = countedBy(config);
      counted.push(key);
      // Several may count the same, with limits of their own.
      return new Budget(config, `${key} ${counted.filter((other) => other === key).length}`);
    });
    this.#live = budgets.filter(({ config }) => config.traffic === 'live');
    this.#shadow = budgets.filter(({ config }) => config.traffic === 'shadow');
  }

  /**
   * @param maxNanoUsd the most that the request may spend; undefined: what budgets allow
   * @returns undefined where nothing limits the request
   */
  open(payer: () => Payer, maxNanoUsd: number | undefined): SpendAccount | undefined {
    if (maxNanoUsd === undefined && this.#live.length === 0 && this.#shadow.length === 0) return undefined;
    const openShadow = (): SpendAccount => this.#account(payer, this.#shadow);
    return this.#account(payer, this.#live, maxNanoUsd, openShadow);
  }

  /** An account that limits nothing, for a request that nothing limits: it adds up what is spent. */
  openUnlimited(): SpendAccount {
    return this.#account(missingPayer, []);
  }

  #account(
    payer: () => Payer,
    budgets: readonly Budget[],
    maxNanoUsd?: number,
    openShadow?: () => SpendAccount,
  ): SpendAccount {
    const { counters, log } = this.#options;
    return new RequestAccount({
      payer,
      counters,
      budgets,
      maxNanoUsd,
      openShadow,
      onSpent: (level) => this.#reportAlerts(level),
      onOvershoot: (nanoUsd, model) =>
        log.warn({ model, overshoot: amountText(nanoUsd, 'usd') }, 'a provider billed more than the bound of a call'),
    });
  }

  /** Logs each share of a budget that is reached, once a period over all workers. */
  #reportAlerts({ budget, subject, spentKey }: BudgetLevel): void {
    const { counters, log } = this.#options;
    const { alerts, limit, unit, name } = budget.config;
    const { key } = budget.period();
    const spent = counters.amount(spentKey + key, budget.window);
    for (const percent of alerts) {
      if (spent * 100 < limit * percent) return;
      const window = { kind: 'fixed', ms: budget.window.ms } as const;
      const once = { key: `${spentKey}${key} ${percent}`, amount: 1, max: 1, window };
      if (counters.add([once]).kind === 'refused') continue;
      log.warn(
        { budget: name, subject, percent, spent: amountText(spent, unit), limit: amountText(limit, unit) },
        'a share of a budget is used up',
      );
    }
  }
}

function missingPayer(): never {
  throw new Error('an account without budgets asks for no payer');
}
