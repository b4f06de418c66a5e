import type { Command } from 'commander';
import { configJsonSchema } from '../config/index.ts';
import { cliCommand, commandGroup } from './frame/cli-command.ts';
import { printResult } from './frame/print-result.ts';

export function configCommand(): Command {
  return commandGroup('config', 'The configuration file.', [configSchemaCommand()]);
}

/** `isthmus config schema`: the JSON Schema of supergraph.yaml, for editors. */
function configSchemaCommand(): Command {
  return cliCommand('schema', {
    description: 'Print the JSON Schema of supergraph.yaml.',
    local: 'it is the same for every gateway',
    examples: ['isthmus config schema > supergraph.schema.json'],
    json: 'it always is JSON',
  }).action(() => printResult({ json: true }, configJsonSchema(), () => ''));
}
