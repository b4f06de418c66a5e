/** `isthmus types`: TypeScript types for the code of AI subgraphs, each file beside its module. */
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { Command } from 'commander';
import { GraphQLError } from 'graphql';
import { generateFieldTypes, sensitiveFieldsOf } from '../ai/fields/index.ts';
import { loadConfig, type SubgraphConfig } from '../config/index.ts';
import { readSources } from '../supergraph/index.ts';
import { cliCommand } from './frame/cli-command.ts';
import { fail } from './frame/cli-failure.ts';
import { printResult, reportFinding } from './frame/print-result.ts';
import { writeWhole } from './write-whole.ts';

interface TypesOptions {
  readonly config: string;
  readonly check: boolean;
  readonly json: boolean;
}

type AiSubgraph = Extract<SubgraphConfig, { kind: 'ai' }>;

/** Exits 1 with `--check` where a file is stale. */
export function typesCommand(): Command {
  return cliCommand('types', {
    description: 'Write the TypeScript types for the code of AI subgraphs.',
    local: 'it writes files of this machine',
    examples: ['isthmus types', 'isthmus types --check # in CI'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--check', 'write nothing; fail when a file is stale', false)
    .action(writeTypes);
}

interface WrittenFile {
  readonly subgraph: string;
  readonly file: string;
  readonly state: 'unchanged' | 'stale' | 'written';
}

async function writeTypes({ config, check, json }: TypesOptions): Promise<void> {
  const { subgraphs, ...loaded } = await loadConfig(config);
  const coded = subgraphs.filter(
    (subgraph): subgraph is AiSubgraph => subgraph.kind === 'ai' && subgraph.codeFile !== undefined,
  );
  // All subgraphs: fields that another subgraph marks @sensitive are masked too.
  const sources = coded.length === 0 ? [] : await readSources({ ...loaded, subgraphs });
  const sensitive = await sensitiveFieldsOf(sources);
  const texts = coded.map(({ name, codeFile = '', schema }) => {
    const file = typesFileOf(codeFile);
    const sdl = sources.find((source) => source.name === name)?.sdl ?? '';
    const source = relative(dirname(file), schema.path).replaceAll('\\', '/');
    return { subgraph: name, file, text: typesOf(name, { sdl, source, sensitive }) };
  });
  const files: WrittenFile[] = [];
  for (const { subgraph, file, text } of texts) {
    const current = await readFile(file, 'utf8').catch(() => undefined);
    const state = current === text ? 'unchanged' : check ? 'stale' : 'written';
    if (state === 'written') await writeWhole(file, text);
    files.push({ subgraph, file: relative(process.cwd(), file), state });
  }
  const stale = files.filter(({ state }) => state === 'stale');
  printResult({ json }, files, () => linesOf(files, check).join('\n'));
  for (const { file } of json ? [] : stale) process.stderr.write(`${file} is stale; write it with \`isthmus types\`\n`);
  if (stale.length > 0) reportFinding();
}

function linesOf(files: readonly WrittenFile[], check: boolean): readonly string[] {
  if (files.length === 0) return ['no AI subgraph names `code`: there is nothing to write'];
  return check ? [] : files.map(({ file, state }) => `${file} is ${state}`);
}

/** @throws CliFailure where its schema cannot be read */
function typesOf(subgraph: string, options: Parameters<typeof generateFieldTypes>[0]): string {
  try {
    return generateFieldTypes(options);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return fail('COMPOSITION', `${subgraph}: ${error.message}; \`isthmus compose\` says where`);
  }
}

/** `fields.ts` has its types in `fields.types.ts`. */
function typesFileOf(codeFile: string): string {
  return `${codeFile.replace(/\.[cm]?[jt]s$/, '')}.types.ts`;
}
