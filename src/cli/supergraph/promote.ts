/** `isthmus supergraph promote`: a canary serves everyone, or one variant serves what another does. */
import type { Command } from 'commander';
import { graphNameRule, parseGraphRef } from '../../config/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type CanaryOptions, withCanary } from '../registry/read-canary.ts';
import { type GenerationName, readGeneration } from '../registry/read-generation.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';

interface PromoteOptions extends RegistryOptions, NoteOptions, CanaryOptions {
  readonly from?: string;
  readonly generation?: GenerationName;
}

export function promoteCommand(): Command {
  const command = cliCommand('promote', {
    description: 'Serve the canary to everyone; with --from, publish what serves of another variant.',
    examples: [
      'isthmus supergraph promote shop@production',
      'isthmus supergraph promote shop@production --from shop@staging --canary 5%',
    ],
  });
  return withCanary(withNote(withRegistry(command, 'registry:publish')))
    .argument('[graph]', graphArgument)
    .option('--from <graph>', 'the graph and variant whose generation is published, such as shop@staging')
    .option(
      '--generation <generation>',
      'its number or label, with --from; default: the one that serves there',
      readGeneration,
    )
    .action(promote);
}

async function promote(graph: string | undefined, options: PromoteOptions): Promise<void> {
  const { from, canary, generation } = options;
  if (from !== undefined && parseGraphRef(from) === undefined)
    fail('COMMAND_LINE', `"${from}" is no graph: write a name and a variant, such as shop@staging; ${graphNameRule}`);
  if (from === undefined && canary !== undefined) fail('COMMAND_LINE', '--canary is for what --from publishes');
  if (from === undefined && generation !== undefined) fail('COMMAND_LINE', '--generation is one of --from');
  const ref = await graphOf(graph, options);
  await publishChange(options, ref, { path: 'promote', body: from === undefined ? {} : { from, generation } });
}
