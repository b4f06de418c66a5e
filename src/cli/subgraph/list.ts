/** `isthmus subgraph list` and `fetch`: what is published of the subgraphs of a graph. */
import type { Command } from 'commander';
import { didYouMean } from '../../lib/index.ts';
import { type GenerationContent, schemaFile } from '../../registry/generation/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { servedGeneration } from '../registry/served-generation.ts';
import { writeWhole } from '../write-whole.ts';

interface FetchOptions extends RegistryOptions {
  readonly name: string;
  readonly output?: string;
}

export function listCommand(): Command {
  const command = cliCommand('list', {
    description: 'List the subgraphs that are published.',
    examples: ['isthmus subgraph list shop@production', 'isthmus subgraph list --gateway http://registry:4400 --json'],
  });
  return withRegistry(command, 'admin:read').argument('[graph]', graphArgument).action(list);
}

export function fetchCommand(): Command {
  const command = cliCommand('fetch', {
    description: 'Print the schema that is published of a subgraph.',
    examples: [
      'isthmus subgraph fetch shop@production --name products',
      'isthmus subgraph fetch --name products --output products.graphql',
    ],
  });
  return withRegistry(command, 'admin:read')
    .argument('[graph]', graphArgument)
    .requiredOption('--name <subgraph>', 'its name')
    .option('--output <file>', 'where the schema is written; default: stdout')
    .action(fetchSchema);
}

async function list(graph: string | undefined, options: RegistryOptions): Promise<void> {
  const { content, number } = await servedGeneration(options, await graphOf(graph, options));
  const subgraphs = Object.entries(content.subgraphs).map(([name, { kind, routingUrl, files }]) => ({
    name,
    kind,
    routingUrl,
    prompts: Object.keys(files).filter((file) => file.endsWith('.prompt')).length,
  }));
  printResult(options, { generation: number, subgraphs }, () =>
    alignColumns([
      ['name', 'kind', 'routing URL'],
      ...subgraphs.map(({ name, kind, routingUrl, prompts }) => [name, kind, routingUrl ?? `${prompts} prompts`]),
    ]).join('\n'),
  );
}

async function fetchSchema(graph: string | undefined, options: FetchOptions): Promise<void> {
  const { name, output } = options;
  const ref = await graphOf(graph, options);
  const { content } = await servedGeneration(options, ref);
  const hash = schemaOf(content, name);
  const { texts } = (await askRegistry(options, ref, { path: 'texts', body: { hashes: [hash] } })) as {
    readonly texts: Readonly<Record<string, string>>;
  };
  const sdl = texts[hash] ?? fail('SERVER', 'the registry does not have the schema any more');
  if (output !== undefined) await writeWhole(output, sdl);
  printResult(options, { name, sdl }, () => (output === undefined ? sdl : `${output} is written`));
}

function schemaOf({ subgraphs }: GenerationContent, name: string): string {
  const hash = Object.hasOwn(subgraphs, name) ? subgraphs[name]?.files[schemaFile] : undefined;
  return hash ?? fail('NOT_FOUND', `there is no subgraph "${name}"${didYouMean(name, Object.keys(subgraphs))}`);
}
