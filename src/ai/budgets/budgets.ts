/**
 * The budgets of a configuration: opens the accounts that requests spend from, and reports what is nearly used up.
 *
 * Counters outlive configurations: a budget goes on counting where it was, whatever changes of the others, its own limit
 * included.
 */
import type { BudgetConfig } from '../../config/index.ts';
import type { LocalCounters } from '../../counters/index.ts';
import { formatUsd, nanoPerUsd } from '../../lib/index.ts';
import type { Logger, ThreadMetrics } from '../../observability/index.ts';
import type { SegmentWriter } from '../ledger/index.ts';
import type { SpendAccount } from '../model-call/index.ts';
import type { BudgetAlert } from './budget-alert.ts';
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
  readonly webhook?: { send(alert: BudgetAlert): void } | undefined;
  /** Where alerts and overshoot are counted; undefined: nowhere. */
  readonly metrics?: ThreadMetrics | undefined;
  readonly log: Logger;
}

/** How far a budget is used up: of its subjects, the one that has spent most of its share. */
export interface UsedBudget extends Pick<BudgetConfig, 'name' | 'unit'> {
  readonly limit: number;
  readonly spent: number;
}

interface FullestLevel {
  readonly level: BudgetLevel;
  readonly period: string;
  readonly spent: number;
  /** As all gateways together count it; 0 where each counts its own. */
  readonly byAll: number;
}

export class Budgets {
  readonly #live: readonly Budget[];
  readonly #shadow: readonly Budget[];
  readonly #options: BudgetsOptions;
  /** The level of each budget that is nearest to its limit, of those that have spent here. */
  readonly #fullest = new Map<Budget, FullestLevel>();

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
    const { counters, joint, metrics, log } = this.#options;
    return new RequestAccount({
      ...of,
      counters,
      joint,
      onSpent: (level, spent) => this.#reportAlerts(level, spent),
      onOvershoot: (nanoUsd, model) => {
        metrics
          ?.family('isthmus_ai_overshoot_usd_total')
          .of(model)
          .add(nanoUsd / nanoPerUsd);
        log.warn(
          { model, overshootUsd: formatUsd(BigInt(nanoUsd)) },
          'a provider billed more than the bound of a call',
        );
      },
    });
  }

  /** Of live traffic, in the order of the configuration. */
  used(): readonly UsedBudget[] {
    const { counters } = this.#options;
    return this.#live.map((budget) => {
      const { key } = budget.period();
      const fullest = this.#fullest.get(budget);
      const level = fullest?.level ?? budget.levelOf('');
      const ofHere = counters.amount(level.spentKey + key, budget.window);
      const spent = fullest?.period === key ? Math.max(fullest.byAll, ofHere) : ofHere;
      const { name, unit } = budget.config;
      return { name, unit, limit: level.limit, spent };
    });
  }

  #noteSpent(level: BudgetLevel, byAll: number | undefined, spent: number): void {
    const { budget, limit } = level;
    const period = budget.period().key;
    const fullest = this.#fullest.get(budget);
    const isFuller =
      fullest === undefined ||
      fullest.period !== period ||
      fullest.level.subject === level.subject ||
      spent * fullest.level.limit > fullest.spent * limit;
    if (isFuller) this.#fullest.set(budget, { level, period, spent, byAll: byAll ?? 0 });
  }

  /** Logs and sends each share of a budget that is reached, once a period over all workers. */
  #reportAlerts(level: BudgetLevel, byAll: number | undefined): void {
    const { counters, webhook, metrics, log } = this.#options;
    const { budget, subject, limit, spentKey } = level;
    const { unit, name } = budget.config;
    const { key, span } = budget.period();
    const spent = byAll ?? counters.amount(spentKey + key, budget.window);
    this.#noteSpent(level, byAll, spent);
    for (const percent of newAlerts(level, spent, counters)) {
      metrics?.family('isthmus_budget_alerts_total').of(name, String(percent)).add();
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
