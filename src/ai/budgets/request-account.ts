/**
 * What one request spends on models. Each request to a provider is charged at its bound just before it is sent, and
 * corrected to what it used when it has ended, however it ended. A charge changes all budgets that count the call, or
 * none: no limit is ever passed, however many requests come at once, by more than what a provider bills beyond the bound.
 *
 * A charge is not given back when its thread dies: the provider may have been asked.
 */
import { randomUUID } from 'node:crypto';
import type { CounterChange, CounterOutcome, LocalCounters } from '../../counters/index.ts';
import { invariant } from '../../lib/index.ts';
import type { BudgetExceeded, Charge, ChargeBound, ChargeUse, SpendAccount } from '../model-call/index.ts';
import { budgetExceeded } from './budget-error.ts';
import type { Budget, BudgetLevel } from './budget-level.ts';
import type { Payer } from './payer.ts';

export interface AccountOptions {
  readonly payer: Payer;
  readonly counters: LocalCounters;
  readonly budgets: readonly Budget[];
  /** The most that the request may spend, in nano-dollars, whatever budgets allow; undefined: what they allow. */
  readonly maxNanoUsd: number | undefined;
  /** Told of each budget after a call has been settled. */
  readonly onSpent: (level: BudgetLevel) => void;
  readonly onOvershoot: (nanoUsd: number) => void;
  /** The account of shadow traffic; undefined in that account itself. */
  readonly openShadow: (() => SpendAccount) | undefined;
}

interface Charged {
  readonly level: BudgetLevel;
  /** The counter of its period. */
  readonly key: string;
}

export class RequestAccount implements SpendAccount {
  readonly id: string = randomUUID();
  readonly #options: AccountOptions;
  #shadow: SpendAccount | undefined;
  /** In nano-dollars: charges at their bounds until they are settled. */
  #spent = 0;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  get shadow(): SpendAccount {
    this.#shadow ??= this.#options.openShadow?.() ?? this;
    return this.#shadow;
  }

  charge(bound: ChargeBound): Charge {
    const { budgets, counters, payer } = this.#options;
    const amounts = { usd: Number(bound.nanoUsd), tokens: Math.ceil(bound.tokens), calls: 1 };
    this.#checkMax(amounts.usd);
    const changes: CounterChange[] = [];
    const charged: Charged[] = [];
    for (const budget of budgets) {
      const level = budget.levelFor(payer, bound);
      if (level === undefined) continue;
      const { unit, limit } = budget.config;
      const key = level.spentKey + budget.period().key;
      changes.push({ key, amount: amounts[unit], window: budget.window, max: limit });
      charged.push({ level, key });
    }
    const outcome = counters.add(changes);
    if (outcome.kind === 'refused') throw this.#refusalOf(charged, changes, outcome);
    this.#spent += amounts.usd;
    const { atMs } = outcome;
    return { settle: (use) => this.#settle(charged, amounts, use, atMs) };
  }

  #settle(
    charged: readonly Charged[],
    bound: { readonly usd: number; readonly tokens: number; readonly calls: number },
    { nanoUsd, tokens, isSent }: ChargeUse,
    atMs: number,
  ): void {
    const { counters, onSpent, onOvershoot } = this.#options;
    const used = { usd: Number(nanoUsd), tokens, calls: isSent ? 1 : 0 };
    this.#spent += used.usd - bound.usd;
    if (used.usd > bound.usd) onOvershoot(used.usd - bound.usd);
    const changes: CounterChange[] = [];
    for (const { level, key } of charged) {
      const { window, config } = level.budget;
      const amount = used[config.unit] - bound[config.unit];
      if (amount !== 0) changes.push({ key, amount, window, atMs });
    }
    counters.add(changes);
    for (const { level } of charged) onSpent(level);
  }

  /** @throws BudgetExceeded where the request's own limit does not allow it */
  #checkMax(nanoUsd: number): void {
    const { maxNanoUsd } = this.#options;
    if (maxNanoUsd === undefined || this.#spent + nanoUsd <= maxNanoUsd) return;
    throw budgetExceeded({
      budget: 'isthmus-max-usd',
      subject: 'this request',
      unit: 'usd',
      limit: maxNanoUsd,
      left: maxNanoUsd - this.#spent,
      needed: nanoUsd,
      roomInMs: undefined,
      cheaperModel: undefined,
    });
  }

  #refusalOf(
    charged: readonly Charged[],
    changes: readonly CounterChange[],
    { index, roomInMs }: Extract<CounterOutcome, { kind: 'refused' }>,
  ): BudgetExceeded {
    const { counters } = this.#options;
    const refused = charged[index];
    const needed = changes[index]?.amount ?? 0;
    invariant(refused !== undefined, 'a budget refused');
    const { budget, subject } = refused.level;
    const { unit, limit, name, cheaperModel } = budget.config;
    const { span } = budget.period();
    const waitMs = span === undefined ? roomInMs : Math.max(0, span.endsAt - Date.now());
    return budgetExceeded({
      budget: name,
      subject,
      unit,
      limit,
      left: Math.max(0, limit - counters.amount(refused.key, budget.window)),
      needed,
      roomInMs: waitMs === 0 ? undefined : waitMs,
      cheaperModel,
    });
  }
}
