/** `isthmus supergraph history`: the generations of a graph, the newest first. */
import type { Command } from 'commander';
import type { LabelledGeneration } from '../../registry/routes/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { readLimit } from '../options/read-limit.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { historyRow } from '../registry/history-row.ts';
import { servedOfGraph } from '../registry/served-generation.ts';

interface HistoryOptions extends RegistryOptions {
  readonly limit: number;
}

export function historyCommand(): Command {
  const command = cliCommand('history', {
    description: 'List the generations: when, by whom, what was changed, from which commit and why, and its labels.',
    examples: ['isthmus supergraph history shop@production', 'isthmus supergraph history --limit 100 --json'],
  });
  return withRegistry(command, 'admin:read')
    .argument('[graph]', graphArgument)
    .option('--limit <number>', 'how many, the newest first', readLimit, 20)
    .action(history);
}

async function history(graph: string | undefined, options: HistoryOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  const { generation, canary } = await servedOfGraph(options, ref);
  const path = `generations?limit=${options.limit}`;
  const generations = (await askRegistry(options, ref, { path })) as readonly LabelledGeneration[];
  const share = (number: number): string =>
    number === generation.number ? 'serves' : number === canary?.generation.number ? `canary ${canary.percent} %` : '';
  const listed = generations.map((each) => ({ ...each, state: share(each.number) }));
  printResult(options, listed, () =>
    alignColumns([
      ['', 'published', 'by', 'change', 'commit', 'message', ''],
      ...listed.map((each) => [
        ...historyRow(each),
        [each.state, ...each.labels].filter((word) => word !== '').join(', '),
      ]),
    ]).join('\n'),
  );
}
