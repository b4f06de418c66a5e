/** `isthmus budgets`: what is spent and left of every budget, from the ledger. */
import { Command } from 'commander';
import { amountText, type BudgetState, readBudgetStates } from '../ai/budgets/index.ts';
import { alignColumns } from './align-columns.ts';
import { printable } from './printable.ts';
import { withStore } from './with-store.ts';

interface BudgetsOptions {
  readonly config: string;
  readonly json: boolean;
}

export function budgetsCommand(): Command {
  return new Command('budgets')
    .description('List what is spent and left of every budget, from the ledger; calls in flight are not in it yet.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--json', 'write JSON', false)
    .action(({ config, json }: BudgetsOptions) =>
      withStore(config, async ({ ledger }, { ai }) => {
        const states = await readBudgetStates(ai.budgets, ledger);
        if (json) process.stdout.write(`${JSON.stringify(states.map(toJson), null, 2)}\n`);
        else if (ai.budgets.length === 0)
          process.stdout.write('there are no budgets; docs/budgets.md says how to write one\n');
        else process.stdout.write(`${tableOf(states).join('\n')}\n`);
      }),
    );
}

function tableOf(states: readonly BudgetState[]): readonly string[] {
  const rows = states.map((state) => {
    const { budget, subject, spent, left, used, limit, resets } = toJson(state);
    return [budget, printable(subject ?? '-'), limit, spent, left, `${used} %`, resets ?? 'rolling'];
  });
  return alignColumns([['budget', 'of', 'limit', 'spent', 'left', 'used', 'resets'], ...rows]);
}

function toJson({ budget, subject, spent, resetsAt }: BudgetState) {
  const { name, unit, limit } = budget;
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
