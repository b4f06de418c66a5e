/** `isthmus supergraph fetch`: the composed supergraph that serves. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { type GenerationName, readGeneration } from '../registry/read-generation.ts';
import { writeWhole } from '../write-whole.ts';

interface FetchOptions extends RegistryOptions {
  readonly output?: string;
  readonly generation?: GenerationName;
}

export function fetchCommand(): Command {
  const command = cliCommand('fetch', {
    description: 'Print the supergraph that serves, or of an earlier generation, as any federation router takes it.',
    examples: [
      'isthmus supergraph fetch shop@production --output supergraph.graphql',
      'isthmus supergraph fetch --generation stable',
    ],
  });
  return withRegistry(command, 'admin:read')
    .argument('[graph]', graphArgument)
    .option('--generation <generation>', 'its number or label; default: the one that serves', readGeneration)
    .option('--output <file>', 'where it is written; default: stdout')
    .action(fetchSupergraph);
}

async function fetchSupergraph(graph: string | undefined, options: FetchOptions): Promise<void> {
  const { output, generation } = options;
  const ref = await graphOf(graph, options);
  const path = `supergraph.graphql${generation === undefined ? '' : `?generation=${generation}`}`;
  const sdl = `${String(await askRegistry(options, ref, { path, progress: 'composing' })).trim()}\n`;
  if (output !== undefined) await writeWhole(output, sdl);
  printResult(options, { sdl }, () => (output === undefined ? sdl : `${output} is written`));
}
