/** `isthmus access can`: what the bearer of a token may read of an operation, field by field, and why. */
import type { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { createLogger } from '../../observability/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { readInput } from '../read-input.ts';
import { type CallerOptions, headersOf, readVariables, withCaller } from './caller-options.ts';
import { openOperationJudge, UnjudgedError } from './judge-operation.ts';
import { judgementJson, judgementText } from './judgement-text.ts';

interface CanOptions extends CallerOptions {
  readonly config: string;
  readonly json: boolean;
  readonly operation: string;
}

/** Exits 0 where everything may be read, 1 where something is denied, 2 where it cannot be decided. */
export function canCommand(): Command {
  const command = cliCommand('can', {
    description: 'Name each field of an operation that the bearer of a token may read or not, and why.',
    local:
      'it answers for a configuration and whom it is asked for; a gateway explains what it answers with the header `isthmus-explain`',
    examples: [
      'isthmus access can --operation page.graphql # of an anonymous caller',
      'isthmus access can --operation page.graphql --token "$TOKEN" --variables page.json',
    ],
  }).requiredOption('--operation <file>', 'a .graphql file, - for the input (required)');
  return withCaller(command)
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(async (options: CanOptions) => {
      try {
        await printJudgement(options);
      } catch (error) {
        if (!(error instanceof UnjudgedError)) throw error;
        fail('REFUSED', error.message);
      }
    });
}

async function printJudgement({ config: file, json, operation, ...caller }: CanOptions): Promise<void> {
  const query = await readInput(operation);
  const variables = await readVariables(caller.variables);
  const log = createLogger({ level: 'warn', readable: true, destination: process.stderr });
  const judge = await openOperationJudge(await readSupergraph(await loadConfig(file)), log);
  try {
    const { access } = judge.config;
    const { token, name: operationName, address, path } = caller;
    const headers = headersOf(caller, access);
    const judgement = await judge.judge({ headers, address, path, query, operationName, variables });
    printResult({ json }, judgementJson(judgement, access), () => judgementText(judgement, access));
    if (token !== undefined && judgement.kind !== 'refused' && judgement.caller.kind === 'anonymous')
      process.stderr.write('The token is not accepted: its bearer is anonymous (`access.on_error`).\n');
    const isDenied = judgement.kind === 'refused' || (judgement.kind === 'judged' && judgement.denied.length > 0);
    if (isDenied) reportFinding();
  } finally {
    await judge.close();
  }
}
