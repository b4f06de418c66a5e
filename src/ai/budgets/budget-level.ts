/** A budget, and its counters: one for each subject, such as the tenant acme's dollars of today. */
import type { BudgetConfig } from '../../config/index.ts';
import type { CounterWindow } from '../../counters/index.ts';
import { stableHash } from '../../lib/index.ts';
import type { PaidCall } from '../model-call/index.ts';
import { type CurrentPeriod, createPeriods, windowOf } from './budget-period.ts';
import { type Payer, subjectOf } from './payer.ts';
import type { RaisedLimits } from './raised-limits.ts';

export interface BudgetLevel {
  readonly budget: Budget;
  /** Empty: everyone together. */
  readonly subject: string;
  /** In nano-dollars, tokens or calls, with what it is raised by at the moment. */
  readonly limit: number;
  /** The counter of charges, without its period. */
  readonly spentKey: string;
  /** The counter of what is held for calls that are planned; it has no period: such a call is charged to any. */
  readonly heldKey: string;
}

/** By how much the limits of budgets are raised at the moment. */
export type LimitRaises = Pick<RaisedLimits, 'by'>;

/** The counter of charges in the current period. */
export function currentKey({ budget, spentKey }: BudgetLevel): string {
  return budget.currentKeyOf(spentKey);
}

/** So many subjects and keys are remembered of a budget, so that counters are found by texts that they know. */
const maxRemembered = 1_000;

/** The same for budgets that count the same. A limit or a name that changes leaves what has been counted. */
export function countedBy({ per, match, traffic, unit, period }: BudgetConfig): string {
  return stableHash({ per, match, traffic, unit, period }).slice(0, 16);
}

export class Budget {
  readonly config: BudgetConfig;
  readonly window: CounterWindow;
  readonly period: () => CurrentPeriod;
  readonly key: string;
  readonly #raises: LimitRaises | undefined;
  readonly #matches: readonly (readonly [keyof BudgetConfig['match'], string])[];
  readonly #levels = new Map<string, BudgetLevel>();
  /** By the key without its period: of the period that is remembered. */
  readonly #currentKeys = new Map<string, string>();
  #currentPeriod = '';

  /**
   * @param key of its counters; no other budget has it
   * @param raises undefined: its limit is not raised
   */
  constructor(config: BudgetConfig, key: string, raises?: LimitRaises) {
    this.config = config;
    this.window = windowOf(config.period);
    this.period = createPeriods(config.period, Date.now);
    this.key = key;
    this.#matches = Object.entries(config.match) as [keyof BudgetConfig['match'], string][];
    this.#raises = raises;
  }

  /** @returns undefined where it does not count the call */
  levelFor(payer: Payer, call: Pick<PaidCall, 'alias' | 'prompt'>): BudgetLevel | undefined {
    const { per } = this.config;
    for (const [subject, value] of this.#matches) {
      if (subjectOf(subject, payer, call) !== value) return undefined;
    }
    const subject = subjectOf(per, payer, call);
    if (subject === undefined) return undefined;
    return this.levelOf(subject);
  }

  /** @param subject one of those that its `per` has */
  levelOf(subject: string): BudgetLevel {
    const limit = this.config.limit + (this.#raises?.by(this.config, subject) ?? 0);
    const remembered = this.#levels.get(subject);
    if (remembered?.limit === limit) return remembered;
    const spentKey = `budget ${this.key} ${subject}`;
    const level = { budget: this, subject, limit, spentKey, heldKey: `held ${spentKey}` };
    if (this.#levels.size >= maxRemembered) this.#levels.clear();
    this.#levels.set(subject, level);
    return level;
  }

  currentKeyOf(spentKey: string): string {
    const { key: period } = this.period();
    if (period === '') return spentKey;
    if (period !== this.#currentPeriod || this.#currentKeys.size >= maxRemembered) {
      this.#currentKeys.clear();
      this.#currentPeriod = period;
    }
    const remembered = this.#currentKeys.get(spentKey);
    if (remembered !== undefined) return remembered;
    const key = spentKey + period;
    this.#currentKeys.set(spentKey, key);
    return key;
  }
}

export function budgetsOf(configs: readonly BudgetConfig[], raises?: LimitRaises): readonly Budget[] {
  const counted: string[] = [];
  return configs.map((config) => {
    const key = countedBy(config);
    counted.push(key);
    // Several may count the same, with limits of their own.
    return new Budget(config, `${key} ${counted.filter((other) => other === key).length}`, raises);
  });
}
