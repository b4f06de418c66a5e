/** `isthmus explain`: how one operation is answered: its plan, its cost, who may read it, how long it is cached. */
import { type Command, Option } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { createLogger } from '../../observability/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { type CallerOptions, headersOf, readVariables, withCaller } from '../access/caller-options.ts';
import { UnjudgedError } from '../access/judge-operation.ts';
import { judgementJson } from '../access/judgement-text.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { explainOperation } from './explain-operation.ts';
import { explanationSvg } from './explanation-svg.ts';
import { explanationText } from './explanation-text.ts';
import { readOperation } from './read-operation.ts';

interface ExplainOptions extends CallerOptions {
  readonly config: string;
  readonly format: 'text' | 'json' | 'svg';
  readonly json: boolean;
}

/** Exits 1 where a gateway would refuse the operation: for its cost, or for its caller. */
export function explainCommand(): Command {
  const command = cliCommand('explain', {
    description: 'Show how an operation is answered: its plan, its cost, who may read it, how long it is cached.',
    local:
      'it answers for a configuration and whom it is asked for; a gateway explains what it answers with the header `isthmus-explain`',
    examples: [
      'isthmus explain page.graphql',
      'isthmus explain page.graphql --variables page.json --format svg > plan.svg',
      'isthmus explain checkout/cart --token "$TOKEN" # a trusted document',
      'isthmus explain - < page.graphql',
    ],
  }).argument('<operation>', 'a .graphql file, - for the input, or the name of a trusted document');
  return withCaller(command)
    .addOption(new Option('--format <format>', 'how it is shown').choices(['text', 'json', 'svg']).default('text'))
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(async (operation: string, options: ExplainOptions) => {
      try {
        await explain(operation, options);
      } catch (error) {
        if (!(error instanceof UnjudgedError)) throw error;
        fail('REFUSED', error.message);
      }
    });
}

async function explain(name: string, { config: file, format, json, ...caller }: ExplainOptions): Promise<void> {
  const log = createLogger({ level: 'warn', readable: true, destination: process.stderr });
  const config = await loadConfig(file);
  const query = await readOperation(name, config, log);
  const variables = await readVariables(caller.variables);
  const parts = await readSupergraph(config);
  const { access } = parts.config;
  const { name: operationName, address, path } = caller;
  const request = { headers: headersOf(caller, access), address, path, query, operationName, variables };
  const explanation = await explainOperation(parts, request, log);
  const { max, refusals } = explanation.cost;
  const cost = { ...explanation.cost, max: Number.isFinite(max) ? max : null };
  printResult(
    { json: json || format === 'json' },
    { ...explanation, cost, access: judgementJson(explanation.access, access) },
    () => (format === 'svg' ? explanationSvg(explanation) : explanationText(explanation, access)),
  );
  if (refusals.length > 0 || explanation.access.kind === 'refused') reportFinding();
}
