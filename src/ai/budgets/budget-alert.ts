import type { BudgetUnit } from '../../config/index.ts';

/** The body of a webhook’s message. */
export interface BudgetAlert {
  readonly budget: string;
  /** Null: everyone together. */
  readonly subject: string | null;
  readonly percent: number;
  /** Decimals: US dollars, tokens or calls. */
  readonly limit: string;
  readonly spent: string;
  readonly unit: BudgetUnit;
  /** ISO 8601. Null: the period is rolling. */
  readonly resetsAt: string | null;
  readonly at: string;
}
