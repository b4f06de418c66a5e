/** `isthmus subgraph delete`: the graph without a subgraph, where it composes without it. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';

interface DeleteOptions extends RegistryOptions, NoteOptions {
  readonly name: string;
}

export function deleteCommand(): Command {
  const command = cliCommand('delete', {
    description: 'Publish the graph without a subgraph; refused where the others do not compose without it.',
    examples: ['isthmus subgraph delete shop@production --name reviews --message "reviews move to the vendor"'],
  });
  return withNote(withRegistry(command, 'registry:publish'))
    .argument('[graph]', graphArgument)
    .requiredOption('--name <subgraph>', 'its name')
    .action(deleteSubgraph);
}

async function deleteSubgraph(graph: string | undefined, options: DeleteOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  await publishChange(options, ref, { body: { change: { kind: 'delete', subgraphs: [options.name] } } });
}
