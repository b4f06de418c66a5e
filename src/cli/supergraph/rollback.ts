/** `isthmus supergraph rollback`: an earlier generation serves again, within a second. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type GenerationName, readGeneration } from '../registry/read-generation.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';

interface RollbackOptions extends RegistryOptions, NoteOptions {
  readonly to?: GenerationName;
}

export function rollbackCommand(): Command {
  const command = cliCommand('rollback', {
    description: 'Serve an earlier generation again, as a new one; a canary ends.',
    examples: [
      'isthmus supergraph rollback shop@production --message "prices were wrong"',
      'isthmus supergraph rollback --to 12',
      'isthmus supergraph rollback --to stable # a label',
    ],
  });
  return withNote(withRegistry(command, 'registry:publish'))
    .argument('[graph]', graphArgument)
    .option('--to <generation>', 'its number or label; default: the one before the last change', readGeneration)
    .action(rollback);
}

async function rollback(graph: string | undefined, options: RollbackOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  await publishChange(options, ref, { path: 'rollback', body: options.to === undefined ? {} : { to: options.to } });
}
