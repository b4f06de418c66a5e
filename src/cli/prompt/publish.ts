/** `isthmus prompt publish`: another folder of prompts for an AI subgraph that is published. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type CanaryOptions, withCanary } from '../registry/read-canary.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';
import { readPrompts } from '../subgraph/publish.ts';

interface PublishOptions extends RegistryOptions, NoteOptions, CanaryOptions {
  readonly subgraph: string;
  readonly prompts: string;
}

export function publishCommand(): Command {
  const command = cliCommand('publish', {
    description: 'Publish the prompts of an AI subgraph; its schema stays as it is.',
    examples: [
      'isthmus prompt publish shop@production --subgraph assistant --prompts prompts/',
      'isthmus prompt publish --subgraph assistant --prompts prompts/ --canary 5% --canary-for 1h',
    ],
  });
  return withCanary(withNote(withRegistry(command, 'registry:publish')))
    .argument('[graph]', graphArgument)
    .requiredOption('--subgraph <name>', 'the AI subgraph')
    .requiredOption('--prompts <folder>', 'the folder of its prompts')
    .action(publish);
}

async function publish(graph: string | undefined, options: PublishOptions): Promise<void> {
  const { subgraph: name, prompts: folder } = options;
  const ref = await graphOf(graph, options);
  const change = { kind: 'publish', subgraphs: [{ name, prompts: await readPrompts(folder) }] };
  await publishChange(options, ref, { body: { change }, files: { [name]: { prompts: folder } } });
}
