import { GatewayError } from '../../errors/index.ts';

/** The budget that refused a call, as it was then. Amounts are decimal texts in `unit`. */
export interface BudgetFacts {
  readonly name: string;
  /** Whose share of it is used up; null: it is one for all. */
  readonly subject: string | null;
  readonly unit: string;
  readonly limit: string;
  readonly left: string;
  readonly needed: string;
  /** When it has room again; null: when calls in flight end. */
  readonly resetsAt: string | null;
}

/** A budget does not allow a call. */
export class BudgetExceeded extends GatewayError {
  /** The alias that may answer instead, if its calls are within the budget; undefined: none. */
  readonly cheaperModel: string | undefined;
  /** Whether targets of the same alias may answer instead that are free. */
  readonly allowsFree: boolean;

  constructor(details: {
    readonly message: string;
    readonly detail: string;
    /** For the client, as `budget` of the error's `extensions`. */
    readonly budget: BudgetFacts;
    readonly retryAfterMs: number | undefined;
    readonly cheaperModel: string | undefined;
    readonly allowsFree: boolean;
  }) {
    const { message, detail, budget, retryAfterMs, cheaperModel, allowsFree } = details;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    super('AI_BUDGET_EXCEEDED', { message, detail, facts: { budget }, ...wait });
    this.cheaperModel = cheaperModel;
    this.allowsFree = allowsFree;
  }
}
