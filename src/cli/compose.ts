import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config/index.ts';
import { readSupergraph, type SupergraphParts } from '../read-supergraph.ts';
import { CompositionError, formatProblems, problemFields, schemaUnavailable } from '../supergraph/index.ts';
import { cliCommand } from './frame/cli-command.ts';
import { printResult, reportFinding } from './frame/print-result.ts';
import { withProgress } from './frame/with-progress.ts';
import { writeWhole } from './write-whole.ts';

interface ComposeOptions {
  readonly config: string;
  readonly output?: string;
  readonly check: boolean;
  readonly json: boolean;
}

/** `isthmus compose`: checks and composes, and writes the supergraph atomically. Exits 1 where it does not compose, or with `--check` is stale. */
export function composeCommand(): Command {
  return cliCommand('compose', {
    description: 'Compose the supergraph and write it.',
    local: 'it composes the files of a configuration; `isthmus supergraph fetch` prints what a gateway serves',
    examples: [
      'isthmus compose',
      'isthmus compose --check # in CI: is the file that of these schemas?',
      'isthmus compose --json --output /tmp/supergraph.graphql',
    ],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option(
      '--output <file>',
      'where the supergraph is written (default: schema/supergraph.graphql beside the configuration)',
    )
    .option('--check', 'write nothing; fail when the file is stale', false)
    .action(composeAndWrite);
}

async function composeAndWrite({ config, check, json, ...options }: ComposeOptions): Promise<void> {
  const output = options.output ?? join(dirname(config), 'schema/supergraph.graphql');
  const parts = await withProgress('composing', () => compose(config));
  if (parts instanceof CompositionError) return reportProblems(parts, json);
  const { composition, report } = parts;
  for (const line of json ? [] : report) process.stderr.write(`${line}\n`);
  if (composition.hints.length > 0 && !json) process.stderr.write(`${formatProblems(composition.hints)}\n`);
  const sdl = `${composition.supergraphSdl.trim()}\n`;
  const current = await readFile(output, 'utf8').catch(() => undefined);
  if (!check) {
    await mkdir(dirname(output), { recursive: true });
    await writeWhole(output, sdl);
  }
  const state = current === sdl ? 'unchanged' : check ? 'stale' : 'written';
  const result = { composed: true, output, state, hints: problemFields(composition.hints) };
  printResult({ json }, result, () => (check ? '' : `${output} is ${state}`));
  if (state !== 'stale') return;
  if (!json) process.stderr.write(`${output} is stale; write it with \`isthmus compose\`\n`);
  reportFinding();
}

/** @throws ConfigError; CompositionError where a schema could not be read, so that nothing is known of the graph */
async function compose(config: string): Promise<SupergraphParts | CompositionError> {
  try {
    return await readSupergraph(await loadConfig(config));
  } catch (error) {
    if (!(error instanceof CompositionError) || error.problems.some(({ code }) => code === schemaUnavailable))
      throw error;
    return error;
  }
}

/** Problems are what this command looks for. */
function reportProblems({ message, problems }: CompositionError, json: boolean): void {
  printResult({ json }, { composed: false, problems: problemFields(problems) }, () => '');
  if (!json) process.stderr.write(`${message}\n`);
  reportFinding();
}
