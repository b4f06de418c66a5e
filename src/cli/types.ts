/** `isthmus types`: TypeScript types for the code of AI subgraphs, each file beside its module. */
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { Command } from 'commander';
import { GraphQLError } from 'graphql';
import { generateFieldTypes, sensitiveFieldsOf } from '../ai/fields/index.ts';
import { loadConfig, type SubgraphConfig } from '../config/index.ts';
import { readSources } from '../supergraph/index.ts';
import { writeWhole } from './write-whole.ts';

interface TypesOptions {
  readonly config: string;
  readonly check: boolean;
}

type AiSubgraph = Extract<SubgraphConfig, { kind: 'ai' }>;

/** Exits 1 if a schema cannot be read, and with `--check` if a file is stale. */
export function typesCommand(): Command {
  return new Command('types')
    .description('Write the TypeScript types for the code of AI subgraphs.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--check', 'write nothing; fail when a file is stale', false)
    .action(writeTypes);
}

async function writeTypes({ config, check }: TypesOptions): Promise<void> {
  const { subgraphs, ...loaded } = await loadConfig(config);
  const coded = subgraphs.filter(
    (subgraph): subgraph is AiSubgraph => subgraph.kind === 'ai' && subgraph.codeFile !== undefined,
  );
  if (coded.length === 0) process.stdout.write('no AI subgraph names `code`: there is nothing to write\n');
  // All subgraphs: fields that another subgraph marks @sensitive are masked too.
  const sources = coded.length === 0 ? [] : await readSources({ ...loaded, subgraphs });
  const sensitive = await sensitiveFieldsOf(sources);
  for (const { name, codeFile = '', schema } of coded) {
    const file = typesFileOf(codeFile);
    const path = relative(process.cwd(), file);
    const sdl = sources.find((source) => source.name === name)?.sdl ?? '';
    const source = relative(dirname(file), schema.path).replaceAll('\\', '/');
    let text: string;
    try {
      text = generateFieldTypes({ sdl, source, sensitive });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      process.stderr.write(`${name}: ${error.message}; \`isthmus compose\` says where\n`);
      process.exitCode = 1;
      continue;
    }
    const current = await readFile(file, 'utf8').catch(() => undefined);
    if (current === text) {
      if (!check) process.stdout.write(`${path} is unchanged\n`);
    } else if (check) {
      process.stderr.write(`${path} is stale; write it with \`isthmus types\`\n`);
      process.exitCode = 1;
    } else {
      await writeWhole(file, text);
      process.stdout.write(`${path} is written\n`);
    }
  }
}

/** `fields.ts` has its types in `fields.types.ts`. */
function typesFileOf(codeFile: string): string {
  return `${codeFile.replace(/\.[cm]?[jt]s$/, '')}.types.ts`;
}
