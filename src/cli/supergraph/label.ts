/** `isthmus supergraph label`: a name for a generation, which commands take where they take its number. */
import type { Command } from 'commander';
import { formatGraphRef } from '../../config/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { type GenerationName, readGeneration } from '../registry/read-generation.ts';

/** As the registry answers. */
interface Labelled {
  readonly name: string;
  readonly before: number | null;
  readonly number: number | null;
}

export function labelCommand(): Command {
  const command = cliCommand('label', {
    description: 'Give a label to a generation, instead of the one that has it; `none` takes the label away.',
    examples: ['isthmus supergraph label 12 stable shop@production', 'isthmus supergraph label none stable'],
  });
  return withRegistry(command, 'registry:publish')
    .argument('<generation>', 'its number or another label; or none', readGeneration)
    .argument('<label>', 'such as stable')
    .argument('[graph]', graphArgument)
    .action(label);
}

async function label(
  generation: GenerationName,
  name: string,
  graph: string | undefined,
  options: RegistryOptions,
): Promise<void> {
  const ref = await graphOf(graph, options);
  const body = { name, generation: generation === 'none' ? null : generation };
  const answer = (await askRegistry(options, ref, { path: 'label', body })) as Labelled;
  const { number, before } = answer;
  const was = before === null || before === number ? '' : `, and was ${before}`;
  printResult(options, answer, () =>
    number === null
      ? `${name} is no label of ${formatGraphRef(ref)} any more${was}`
      : `${name} is generation ${number} of ${formatGraphRef(ref)}${was}`,
  );
}
