/** The admin graph's budgets: what is left of them; limits are raised for a time. */
import {
  BudgetRaiseError,
  decimalText,
  RaisedLimits,
  type RaiseRequest,
  raiseBudget,
  readBudgetStates,
} from '../ai/budgets/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import { isoTime } from '../lib/index.ts';
import type { Store } from '../store/index.ts';
import { type AdminCaller, writer } from './admin-caller.ts';
import { refusal } from './refusal.ts';

export const budgetsTypeDefs = /* GraphQL */ `
  extend type Query {
    "What is spent and left of every budget, from the ledger; calls in flight are not in it yet."
    budgets: [BudgetState!]!
  }

  "Amounts are exact decimals."
  type BudgetState {
    budget: String!
    "Null: everyone together."
    subject: String
    unit: BudgetUnit!
    "With what it is raised by at the moment."
    limit: String!
    spent: String!
    left: String!
    "Of the limit, in percent, rounded down."
    used: Int!
    "Null: it is rolling."
    resets: String
  }

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
  const Query = {
    async budgets() {
      const stored = await store.budgetRaises.changedSince(undefined);
      const raised = new RaisedLimits(stored?.raises ?? []);
      const states = await readBudgetStates(currentConfig().ai.budgets, store.ledger, raised);
      return states.map(({ budget: { name, unit }, subject, limit, spent, resetsAt }) => ({
        budget: name,
        subject: subject === '' ? null : subject,
        unit: unit.toUpperCase(),
        limit: decimalText(limit, unit),
        spent: decimalText(spent, unit),
        left: decimalText(Math.max(0, limit - spent), unit),
        used: Math.floor((spent / limit) * 100),
        resets: resetsAt === undefined ? null : isoTime(resetsAt),
      }));
    },
  };
  const Mutation = {
    async raiseBudget(_: unknown, { subject, ...request }: RaiseArguments, caller: AdminCaller) {
      const actor = writer(caller);
      try {
        const { ai } = currentConfig();
        const raised = await raiseBudget(store, ai, { ...request, subject: subject ?? undefined }, actor);
        const { budget, amount, unit, until } = raised;
        return { budget, subject, by: decimalText(amount, unit), unit: unit.toUpperCase(), until: isoTime(until) };
      } catch (error) {
        throw error instanceof BudgetRaiseError ? refusal('BAD_USER_INPUT', error.message) : error;
      }
    },
  };
  return { Query, Mutation };
}
