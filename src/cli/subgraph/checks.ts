/** `isthmus subgraph checks`: the checks that a registry has made. */
import { type Command, InvalidArgumentError } from 'commander';
import type { CheckReport } from '../../registry/checks/index.ts';
import type { StoredCheck } from '../../store/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand, commandGroup } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { readLimit } from '../options/read-limit.ts';
import { printable } from '../printable.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { secondText } from '../registry/history-row.ts';
import { type FormatOptions, reportText, withFormat } from '../registry/report-format.ts';

interface ListOptions extends RegistryOptions {
  readonly limit: number;
}

export function checksCommand(): Command {
  return commandGroup('checks', 'The checks that the registry has made, and what they led to.', [
    listCommand(),
    showCommand(),
  ]);
}

function listCommand(): Command {
  const command = cliCommand('list', {
    description: 'List the newest checks: of which subgraphs, by whom, from which commit, and what came of them.',
    examples: ['isthmus subgraph checks list shop@production', 'isthmus subgraph checks list --limit 100 --json'],
  });
  return withRegistry(command, 'admin:read')
    .argument('[graph]', graphArgument)
    .option('--limit <number>', 'how many, the newest first', readLimit, 20)
    .action(list);
}

function showCommand(): Command {
  const command = cliCommand('show', {
    description: 'Print a check as it was made.',
    examples: ['isthmus subgraph checks show 12', 'isthmus subgraph checks show 12 shop@production --format markdown'],
  });
  return withFormat(withRegistry(command, 'admin:read'))
    .argument('<id>', 'as the list has it', readId)
    .argument('[graph]', graphArgument)
    .action(show);
}

async function list(graph: string | undefined, options: ListOptions): Promise<void> {
  const path = `checks?limit=${options.limit}`;
  const checks = (await askRegistry(options, await graphOf(graph, options), { path })) as readonly StoredCheck[];
  printResult(options, checks, () =>
    checks.length === 0
      ? 'no check has been made yet'
      : alignColumns([['', ...titles], ...checks.map(rowOf)]).join('\n'),
  );
}

const titles = ['checked', 'by', 'of', 'commit', 'outcome', ''] as const;

function rowOf({ id, at, actor, subjects, commit, outcome, sections, generation }: StoredCheck): readonly string[] {
  const parts = sections.filter((section) => section.outcome === outcome).map(({ name }) => name);
  return [
    String(id),
    secondText(at),
    printable(actor),
    subjects.join(', '),
    (commit ?? '').slice(0, 10),
    outcome === 'passed' ? outcome : `${outcome}: ${parts.join(', ')}`,
    generation === null ? '' : `published as generation ${generation}`,
  ];
}

async function show(id: number, graph: string | undefined, options: RegistryOptions & FormatOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  const check = (await askRegistry(options, ref, { path: `checks/${id}` })) as StoredCheck & {
    readonly report: CheckReport;
  };
  const report = await reportText(check.report, options);
  const [, ...head] = rowOf(check);
  printResult(options, check, () =>
    options.format === 'text' ? `${head.filter((word) => word !== '').join('  ')}\n\n${report}` : report,
  );
}

function readId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A check has a number from 1 up.');
}
