import type { BudgetConfig } from '../../config/index.ts';
import type { BudgetRaise } from '../../store/index.ts';

/** By how much limits are raised at the moment. An increase for a subject and one for all add up. */
export class RaisedLimits {
  readonly #byBudget = new Map<string, BudgetRaise[]>();

  constructor(raises: readonly BudgetRaise[]) {
    for (const raise of raises) {
      const others = this.#byBudget.get(raise.budget);
      if (others === undefined) this.#byBudget.set(raise.budget, [raise]);
      else others.push(raise);
    }
  }

  /** @returns 0 where there is no increase, or one in another unit */
  by({ name, unit }: BudgetConfig, subject: string): number {
    const raises = this.#byBudget.get(name);
    if (raises === undefined) return 0;
    const now = Date.now();
    let sum = 0;
    for (const raise of raises) {
      const isMeant = raise.subject === undefined || raise.subject === subject;
      if (isMeant && raise.unit === unit && raise.until > now) sum += raise.amount;
    }
    return sum;
  }
}
