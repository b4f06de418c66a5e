import { Command } from 'commander';
import { configJsonSchema } from '../config/index.ts';

/** `isthmus config schema`: the JSON Schema of supergraph.yaml, for editors. */
export function configSchemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of supergraph.yaml.')
    .action(() => void process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`));
}
