/** `isthmus budgets`: what is spent and left of every budget, from the ledger; `isthmus budgets raise`: more for a time. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import {
  amountText,
  BudgetRaiseError,
  type BudgetState,
  RaisedLimits,
  raiseBudget,
  readBudgetStates,
} from '../../ai/budgets/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { printable } from '../printable.ts';
import { withStore } from '../with-store.ts';

interface BudgetsOptions {
  readonly config: string;
  readonly json: boolean;
}

export function budgetsCommand(): Command {
  return cliCommand('budgets', {
    description: 'List what is spent and left of every budget, from the ledger; calls in flight are not in it yet.',
    examples: ['isthmus budgets', 'isthmus budgets --json'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(({ config, json }: BudgetsOptions) =>
      withStore(config, async ({ ledger, budgetRaises }, { ai }) => {
        const stored = await budgetRaises.changedSince(undefined);
        const states = await readBudgetStates(ai.budgets, ledger, new RaisedLimits(stored?.raises ?? []));
        printResult({ json }, states.map(toJson), () =>
          ai.budgets.length === 0
            ? 'there are no budgets; docs/budgets.md says how to write one'
            : tableOf(states).join('\n'),
        );
      }),
    )
    .addCommand(raiseCommand());
}

interface RaiseOptions extends BudgetsOptions {
  readonly subject?: string;
  readonly by: string;
  readonly until: string;
}

function raiseCommand(): Command {
  return cliCommand('raise', {
    description: 'Raise the limit of a budget for a time, in every running gateway within 2 seconds.',
    examples: ['isthmus budgets raise tenants --subject acme --by 25.00 --until 3d'],
  })
    .argument('<name>', 'the budget, as `isthmus budgets` lists it')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--subject <name>', 'whose share of it, such as a tenant; default: that of everyone who has one')
    .requiredOption('--by <amount>', 'US dollars, tokens or calls, as the budget is; 0 ends an increase')
    .requiredOption('--until <time>', 'until then: a moment such as 2026-12-01T00:00Z, or 3d from now')
    .action((name: string, _: unknown, command: Command) => raise(name, command.optsWithGlobals<RaiseOptions>()));
}

async function raise(name: string, { config, json, subject, by, until }: RaiseOptions): Promise<void> {
  try {
    await withStore(config, async (store, { ai }) => {
      const raised = await raiseBudget(store, ai, { name, subject, by, until }, `cli:${userInfo().username}`);
      const { amount, unit } = raised;
      const ends = new Date(raised.until).toISOString();
      const of = subject === undefined ? '' : ` of ${printable(subject)}`;
      const change = amount === 0 ? 'is not raised any more' : `is raised by ${amountText(amount, unit)} until ${ends}`;
      const raisedJson = { budget: name, subject: subject ?? null, by: amountText(amount, unit), until: ends };
      printResult({ json }, raisedJson, () => `the budget "${name}"${of} ${change}`);
    });
  } catch (error) {
    if (!(error instanceof BudgetRaiseError)) throw error;
    fail('REFUSED', error.message);
  }
}

function tableOf(states: readonly BudgetState[]): readonly string[] {
  const rows = states.map((state) => {
    const { budget, subject, spent, left, used, limit, resets } = toJson(state);
    return [budget, printable(subject ?? '-'), limit, spent, left, `${used} %`, resets ?? 'rolling'];
  });
  return alignColumns([['budget', 'of', 'limit', 'spent', 'left', 'used', 'resets'], ...rows]);
}

function toJson({ budget, subject, limit, spent, resetsAt }: BudgetState) {
  const { name, unit } = budget;
  return {
    budget: name,
    subject: subject === '' ? null : subject,
    limit: amountText(limit, unit),
    spent: amountText(spent, unit),
    left: amountText(Math.max(0, limit - spent), unit),
    used: Math.floor((spent / limit) * 100),
    resets: resetsAt === undefined ? null : new Date(resetsAt).toISOString(),
  };
}
