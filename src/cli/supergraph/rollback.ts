/** `isthmus supergraph rollback`: an earlier generation serves again, within a second. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';
import { readNumber } from '../subgraph/rollback.ts';

interface RollbackOptions extends RegistryOptions, NoteOptions {
  readonly to?: number;
}

export function rollbackCommand(): Command {
  const command = cliCommand('rollback', {
    description: 'Serve an earlier generation again, as a new one; a canary ends.',
    examples: [
      'isthmus supergraph rollback shop@production --message "prices were wrong"',
      'isthmus supergraph rollback --to 12',
    ],
  });
  return withNote(withRegistry(command, 'registry:publish'))
    .argument('[graph]', graphArgument)
    .option('--to <generation>', 'its number; default: the one before the last change', readNumber)
    .action(rollback);
}

async function rollback(graph: string | undefined, options: RollbackOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  await publishChange(options, ref, { path: 'rollback', body: options.to === undefined ? {} : { to: options.to } });
}
