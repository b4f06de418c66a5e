/** Equal calls that a request is about to make, with what each is to hold on every budget that counts it. */
import type { BudgetExceeded, CallPrice, PlannedCalls } from '../model-call/index.ts';
import type { Budget, BudgetLevel } from './budget-level.ts';
import type { Payer } from './payer.ts';

/** An amount on one budget. */
export interface LevelAmount {
  readonly level: BudgetLevel;
  readonly amount: number;
}

export class PlannedLine {
  readonly calls: PlannedCalls;
  /** How many of the calls have been neither made nor spared. */
  remaining: number;
  /** What each of the remaining calls holds, or is to hold, on each budget. */
  unit: readonly LevelAmount[];
  /** The most that each of them costs, in nano-dollars. */
  nanoUsd: number;
  /** Why its calls may not be made as they were planned. */
  refusal: BudgetExceeded | undefined;
  /** The alias that makes them instead; undefined with a refusal: none does. */
  cheaperAlias: string | undefined;
  readonly #refusedAliases = new Map<string, BudgetExceeded>();
  readonly #payer: () => Payer;
  readonly #budgets: readonly Budget[];

  constructor(calls: PlannedCalls, payer: () => Payer, budgets: readonly Budget[]) {
    this.calls = calls;
    this.remaining = calls.items * calls.callsPerItem;
    this.#payer = payer;
    this.#budgets = budgets;
    this.unit = this.#unitOf(calls.prices);
    this.nanoUsd = most(calls.prices);
  }

  get isHeld(): boolean {
    return this.remaining > 0 && (this.refusal === undefined || this.cheaperAlias !== undefined);
  }

  isCountedBy({ heldKey }: BudgetLevel): boolean {
    return this.unit.some(({ level }) => level.heldKey === heldKey);
  }

  /** The calls are made with the cheaper alias that the refusal names, where there is one that was not tried; or not at all. */
  refuse(refusal: BudgetExceeded): void {
    if (this.cheaperAlias !== undefined) this.#refusedAliases.set(this.cheaperAlias, refusal);
    this.refusal ??= refusal;
    const { cheaperModel } = refusal;
    const isTried = cheaperModel === undefined || this.#refusedAliases.has(cheaperModel);
    const price = isTried ? undefined : this.calls.priceWith(cheaperModel);
    this.cheaperAlias = price?.alias;
    const prices = price === undefined ? [] : [price];
    this.unit = this.#unitOf(prices);
    this.nanoUsd = most(prices);
  }

  /** @throws BudgetExceeded where its calls may not be made with this alias */
  check(alias: string): void {
    if (this.refusal !== undefined && alias !== this.cheaperAlias)
      throw this.#refusedAliases.get(alias) ?? this.refusal;
  }

  #unitOf(prices: readonly CallPrice[]): readonly LevelAmount[] {
    const units = new Map<string, { readonly level: BudgetLevel; amount: number }>();
    for (const price of prices) {
      if (price.nanoUsd === 0n) continue;
      for (const { level, amount } of amountsOn(this.#budgets, this.#payer, price)) {
        const unit = units.get(level.heldKey);
        if (unit === undefined) units.set(level.heldKey, { level, amount });
        else unit.amount = Math.max(unit.amount, amount);
      }
    }
    return [...units.values()];
  }
}

/** What a call counts on each budget that counts it. */
export function amountsOn(budgets: readonly Budget[], payer: () => Payer, price: CallPrice): readonly LevelAmount[] {
  const amounts = { usd: Number(price.nanoUsd), tokens: Math.ceil(price.tokens), calls: 1 };
  return budgets.flatMap((budget) => {
    const level = budget.levelFor(payer(), price);
    return level === undefined ? [] : [{ level, amount: amounts[budget.config.unit] }];
  });
}

function most(prices: readonly CallPrice[]): number {
  let nanoUsd = 0;
  for (const price of prices) nanoUsd = Math.max(nanoUsd, Number(price.nanoUsd));
  return nanoUsd;
}
