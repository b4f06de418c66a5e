/** `isthmus prompt list`: the prompts that are published, with their versions and labels. */
import type { Command } from 'commander';
import { createPromptFolder, labelsFile, readLabels } from '../../ai/fields/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { printable } from '../printable.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishedPrompts } from './published-prompts.ts';

interface ListOptions extends RegistryOptions {
  readonly subgraph?: string;
}

export function listCommand(): Command {
  const command = cliCommand('list', {
    description: 'List the prompts that are published, with their models and labels.',
    examples: ['isthmus prompt list shop@production', 'isthmus prompt list --subgraph assistant --json'],
  });
  return withRegistry(command, 'admin:read')
    .argument('[graph]', graphArgument)
    .option('--subgraph <name>', 'of one AI subgraph')
    .action(list);
}

async function list(graph: string | undefined, options: ListOptions): Promise<void> {
  const published = await publishedPrompts(options, await graphOf(graph, options), options.subgraph);
  const prompts: { subgraph: string; prompt: string; model: string | undefined; labels: readonly string[] }[] = [];
  for (const { subgraph, files } of published) {
    const folder = await createPromptFolder(subgraph, files);
    for (const { name, model } of folder.list())
      prompts.push({ subgraph, prompt: name, model, labels: labelsOf(files, name) });
  }
  printResult(options, prompts, () =>
    alignColumns([
      ['subgraph', 'prompt', 'model', 'labels'],
      ...prompts.map(({ subgraph, prompt, model, labels }) => [
        subgraph,
        printable(prompt),
        printable(model ?? ''),
        printable(labels.join(', ')),
      ]),
    ]).join('\n'),
  );
}

/** `production`, or `production (90)` where several versions share the label by weight. */
function labelsOf(files: ReadonlyMap<string, string>, prompt: string): readonly string[] {
  const [name = '', version] = prompt.split('@');
  const text = files.get(labelsFile);
  if (version === undefined || text === undefined) return [];
  return [...(readLabels(text).get(name) ?? [])].flatMap(([label, { versions }]) => {
    const match = versions.find((weighted) => weighted.version === Number(version));
    if (match === undefined) return [];
    return [versions.length === 1 ? label : `${label} (${match.weight})`];
  });
}
