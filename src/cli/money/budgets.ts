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
import { isoTime } from '../../lib/index.ts';
import { alignColumns } from '../align-columns.ts';
import { type AdminAddress, askAdminGraph } from '../frame/ask-admin.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { printable } from '../printable.ts';
import { withStore } from '../with-store.ts';

interface BudgetsOptions extends StoreOptions {
  readonly json: boolean;
}

/** Amounts with their unit, as a reader has them. */
interface PrintedBudget {
  readonly budget: string;
  /** Null: everyone together. */
  readonly subject: string | null;
  readonly limit: string;
  readonly spent: string;
  readonly left: string;
  /** In percent of the limit. */
  readonly used: number;
  /** Null: it is rolling. */
  readonly resets: string | null;
}

export function budgetsCommand(): Command {
  const command = cliCommand('budgets', {
    description: 'List what is spent and left of every budget, from the ledger; calls in flight are not in it yet.',
    examples: ['isthmus budgets', 'isthmus budgets --json', 'isthmus budgets --gateway https://shop.example:4400'],
  });
  return withStoreOrGateway(command, 'admin:read')
    .action(async (options: BudgetsOptions) => {
      const address = addressOf(options);
      const budgets = await (address === undefined ? readStore(options) : askGateway(address));
      printResult(options, budgets, () =>
        budgets.length === 0
          ? 'there are no budgets, or nothing of them is spent yet; docs/budgets.md says how to write one'
          : tableOf(budgets).join('\n'),
      );
    })
    .addCommand(raiseCommand());
}

function readStore({ config }: BudgetsOptions): Promise<readonly PrintedBudget[]> {
  return withStore(config, async ({ ledger, budgetRaises }, { ai }) => {
    const stored = await budgetRaises.changedSince(undefined);
    const states = await readBudgetStates(ai.budgets, ledger, new RaisedLimits(stored?.raises ?? []));
    return states.map(toPrinted);
  });
}

async function askGateway(address: AdminAddress): Promise<readonly PrintedBudget[]> {
  const { budgets } = await askAdminGraph(address, '{ budgets { budget subject unit limit spent left used resets } }');
  return (budgets as readonly (PrintedBudget & { readonly unit: string })[]).map(
    ({ budget, subject, unit, limit, spent, left, used, resets }) => {
      const [limitText = '', spentText = '', leftText = ''] = [limit, spent, left].map((each) => withUnit(each, unit));
      return { budget, subject, limit: limitText, spent: spentText, left: leftText, used, resets };
    },
  );
}

/** As `amountText` has it. */
function withUnit(decimal: string, unit: string): string {
  return unit === 'USD' ? `$${decimal}` : `${decimal} ${unit.toLowerCase()}`;
}

interface RaiseOptions extends BudgetsOptions {
  readonly subject?: string;
  readonly by: string;
  readonly until: string;
}

function raiseCommand(): Command {
  const command = cliCommand('raise', {
    description: 'Raise the limit of a budget for a time, in every running gateway within 2 seconds.',
    examples: [
      'isthmus budgets raise tenants --subject acme --by 25.00 --until 3d',
      'isthmus budgets raise tenants --by 0 --until 1d --gateway https://shop.example:4400 # ends an increase',
    ],
  }).argument('<name>', 'the budget, as `isthmus budgets` lists it');
  return withStoreOrGateway(command, 'admin:write')
    .option('--subject <name>', 'whose share of it, such as a tenant; default: that of everyone who has one')
    .requiredOption('--by <amount>', 'US dollars, tokens or calls, as the budget is; 0 ends an increase')
    .requiredOption('--until <time>', 'until then: a moment such as 2026-12-01T00:00Z, or 3d from now')
    .action((name: string, _: unknown, command: Command) => raise(name, command.optsWithGlobals<RaiseOptions>()));
}

interface PrintedRaise {
  readonly budget: string;
  readonly subject: string | null;
  readonly by: string;
  readonly until: string;
}

async function raise(name: string, options: RaiseOptions): Promise<void> {
  const address = addressOf(options);
  const raised = await (address === undefined ? raiseInStore(name, options) : raiseInGateway(address, name, options));
  const { subject, by, until } = raised;
  const of = subject === null ? '' : ` of ${printable(subject)}`;
  const change = /^\$?0( |$)/.test(by) ? 'is not raised any more' : `is raised by ${by} until ${until}`;
  printResult(options, raised, () => `the budget "${name}"${of} ${change}`);
}

async function raiseInStore(name: string, { config, subject, by, until }: RaiseOptions): Promise<PrintedRaise> {
  try {
    return await withStore(config, async (store, { ai }) => {
      const raised = await raiseBudget(store, ai, { name, subject, by, until }, `cli:${userInfo().username}`);
      const { amount, unit } = raised;
      return { budget: name, subject: subject ?? null, by: amountText(amount, unit), until: isoTime(raised.until) };
    });
  } catch (error) {
    if (!(error instanceof BudgetRaiseError)) throw error;
    return fail('REFUSED', error.message);
  }
}

async function raiseInGateway(
  address: AdminAddress,
  name: string,
  { subject, by, until }: RaiseOptions,
): Promise<PrintedRaise> {
  const query = `mutation Raise($name: String!, $subject: String, $by: String!, $until: String!) {
    raiseBudget(name: $name, subject: $subject, by: $by, until: $until) { budget subject by unit until }
  }`;
  const { raiseBudget: raised } = await askAdminGraph(address, query, { name, subject, by, until });
  const { unit, ...rest } = raised as PrintedRaise & { readonly unit: string };
  return { ...rest, by: withUnit(rest.by, unit) };
}

function tableOf(budgets: readonly PrintedBudget[]): readonly string[] {
  const rows = budgets.map(({ budget, subject, spent, left, used, limit, resets }) => [
    ...[budget, printable(subject ?? '-'), limit, spent, left, `${used} %`, resets ?? 'rolling'],
  ]);
  return alignColumns([['budget', 'of', 'limit', 'spent', 'left', 'used', 'resets'], ...rows]);
}

function toPrinted({ budget, subject, limit, spent, resetsAt }: BudgetState): PrintedBudget {
  const { name, unit } = budget;
  return {
    budget: name,
    subject: subject === '' ? null : subject,
    limit: amountText(limit, unit),
    spent: amountText(spent, unit),
    left: amountText(Math.max(0, limit - spent), unit),
    used: Math.floor((spent / limit) * 100),
    resets: resetsAt === undefined ? null : isoTime(resetsAt),
  };
}
