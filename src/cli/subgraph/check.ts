/** `isthmus subgraph check` and `approve`: what publishing a change would break, whom, and what it would cost. */
import type { Command } from 'commander';
import type { Approved, CheckReport } from '../../registry/checks/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { printable } from '../printable.ts';
import { askRegistry, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { type FormatOptions, printReport, withFormat } from '../registry/report-format.ts';
import { noteOf } from '../registry/with-note.ts';
import { type UploadOptions, uploadOf, withUpload } from './publish.ts';

interface CheckOptions extends RegistryOptions, UploadOptions, FormatOptions {
  readonly team?: string;
  readonly commit?: string;
  readonly testPrompts: boolean;
  readonly delete: boolean;
}

interface ApproveOptions extends RegistryOptions, UploadOptions {
  readonly team?: string;
  readonly change: readonly string[];
  readonly all: boolean;
  readonly comment?: string;
  readonly delete: boolean;
}

const team = 'the team on whose behalf: what it owns waits for nobody';

export function checkCommand(): Command {
  const command = cliCommand('check', {
    description:
      'Check a change before it is published: composition, breaking changes by real traffic, lint, cost, access, AI.',
    examples: [
      'isthmus subgraph check shop@production --name products --schema products.graphql',
      'isthmus subgraph check --name products --schema products.graphql --format github --gateway http://registry:4400',
      'isthmus subgraph check --name reviews --delete',
    ],
  });
  return withFormat(withChange(withRegistry(command, 'registry:publish')))
    .option('--team <name>', team)
    .option('--commit <hash>', 'the commit that it comes from; default: that of CI or of Git')
    .option('--test-prompts', 'run the tests of changed prompts; their calls are paid for', false)
    .action(check);
}

export function approveCommand(): Command {
  const command = cliCommand('approve', {
    description: 'Approve what a check of the same change waits for; later checks of it remember that.',
    examples: [
      'isthmus subgraph approve --name products --schema products.graphql --team pricing --change 3f9a1c20',
      'isthmus subgraph approve --name products --schema products.graphql --team pricing --all --comment "agreed in PR 12"',
    ],
  });
  return withChange(withRegistry(command, 'registry:publish'))
    .option('--team <name>', 'the team that owns what is changed')
    .option('--change <id>', 'as the check prints it, or its first 6 characters; may be repeated', collect, [])
    .option('--all', 'everything that the team may approve', false)
    .option('--comment <text>', 'why')
    .action(approve);
}

function withChange(command: Command): Command {
  return withUpload(command).option('--delete', 'the change is that the subgraph goes', false);
}

async function changeOf(options: UploadOptions & { readonly delete: boolean }) {
  return options.delete
    ? { kind: 'delete', subgraphs: [options.name] }
    : { kind: 'publish', subgraphs: [await uploadOf(options)] };
}

async function check(graph: string | undefined, options: CheckOptions): Promise<void> {
  const { name, schema, team, testPrompts: testsPrompts } = options;
  const ref = await graphOf(graph, options);
  const note = noteOf(options);
  const body = { change: await changeOf(options), testsPrompts, ...(team === undefined ? {} : { team }), ...note };
  const report = await askRegistry(options, ref, { path: 'check', body, progress: 'checking' });
  await printReport(
    report as CheckReport,
    new Map(schema === undefined || schema === '-' ? [] : [[name, schema]]),
    options,
  );
}

async function approve(graph: string | undefined, options: ApproveOptions): Promise<void> {
  const { team, change: changes, all, comment } = options;
  if (changes.length === 0 && !all) fail('COMMAND_LINE', 'name what is approved: --change <id>, or --all');
  const ref = await graphOf(graph, options);
  const body = {
    change: await changeOf(options),
    changes: all ? 'all' : changes,
    ...(team === undefined ? {} : { team }),
    ...(comment === undefined ? {} : { comment }),
  };
  const answer = (await askRegistry(options, ref, { path: 'approve', body, progress: 'checking' })) as Approved;
  const { approvals, refused } = answer;
  printResult(options, answer, () =>
    [
      ...approvals.map(({ change, message }) => `${change} is approved: ${printable(message)}`),
      ...refused.map(({ change, reason }) => `${change} is not approved: ${printable(reason)}`),
      ...(approvals.length + refused.length === 0 ? ['there is nothing that the team could approve'] : []),
    ].join('\n'),
  );
  if (refused.length > 0 || approvals.length === 0) reportFinding();
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
