/** A budget, and its counters: one for each subject, such as the tenant acme's dollars of today. */
import type { BudgetConfig } from '../../config/index.ts';
import type { CounterWindow } from '../../counters/index.ts';
import { stableHash } from '../../lib/index.ts';
import { type CurrentPeriod, createPeriods, windowOf } from './budget-period.ts';
import { type PaidCall, type Payer, subjectOf } from './payer.ts';

export interface BudgetLevel {
  readonly budget: Budget;
  /** Empty: everyone together. */
  readonly subject: string;
  /** The counter of charges, without its period. */
  readonly spentKey: string;
}

export class Budget {
  readonly config: BudgetConfig;
  readonly window: CounterWindow;
  readonly period: () => CurrentPeriod;
  readonly #key: string;

  constructor(config: BudgetConfig) {
    this.config = config;
    this.window = windowOf(config.period);
    this.period = createPeriods(config.period, Date.now);
    const { per, match, traffic, unit, period } = config;
    // A limit or a name that changes leaves what has been counted.
    this.#key = stableHash({ per, match, traffic, unit, period }).slice(0, 16);
  }

  /** @returns undefined where it does not count the call */
  levelFor(payer: Payer, call: PaidCall): BudgetLevel | undefined {
    const { per, match } = this.config;
    for (const [subject, value] of Object.entries(match)) {
      if (subjectOf(subject as keyof typeof match, payer, call) !== value) return undefined;
    }
    const subject = subjectOf(per, payer, call);
    if (subject === undefined) return undefined;
    return { budget: this, subject, spentKey: `budget ${this.#key} ${subject}` };
  }
}
