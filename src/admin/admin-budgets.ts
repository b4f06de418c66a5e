/** The admin graph's budgets: limits are raised for a time. */
import { BudgetRaiseError, decimalText, type RaiseRequest, raiseBudget } from '../ai/budgets/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import { type AdminCaller, writer } from './admin-caller.ts';
import { refusal } from './refusal.ts';

export const budgetsTypeDefs = /* GraphQL */ `
  extend type Mutation {
    """
    Raises the limit of a budget for a time, in every running gateway within 2 seconds. It replaces an increase of the same
    budget and subject.
    """
    raiseBudget(
      "As isthmus budgets lists it."
      name: String!
      "Whose share of it, such as a tenant; default: that of everyone who has one."
      subject: String
      "US dollars, tokens or calls, as the budget is; 0 ends an increase."
      by: String!
      "A moment of ISO 8601, or a duration from now, such as 3d."
      until: String!
    ): BudgetRaise!
  }

  enum BudgetUnit { USD TOKENS CALLS }

  type BudgetRaise {
    budget: String!
    subject: String
    "An exact decimal."
    by: String!
    unit: BudgetUnit!
    until: String!
  }
`;

interface RaiseArguments extends Omit<RaiseRequest, 'subject'> {
  readonly subject?: string | null;
}

/** @param currentConfig what is served at the moment */
export function budgetsResolvers(store: Store, currentConfig: () => Pick<ResolvedConfig, 'ai'>) {
  return {
    async raiseBudget(_: unknown, { subject, ...request }: RaiseArguments, caller: AdminCaller) {
      const actor = writer(caller);
      try {
        const { ai } = currentConfig();
        const raised = await raiseBudget(store, ai, { ...request, subject: subject ?? undefined }, actor);
        const { budget, amount, unit, until } = raised;
        const ends = new Date(until).toISOString();
        return { budget, subject, by: decimalText(amount, unit), unit: unit.toUpperCase(), until: ends };
      } catch (error) {
        throw error instanceof BudgetRaiseError ? refusal('BAD_USER_INPUT', error.message) : error;
      }
    },
  };
}
