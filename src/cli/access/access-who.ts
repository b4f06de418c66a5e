/** `isthmus access who User.email`: through which rules, ways, contracts and prompts a field or type is reached. */
import type { Command } from 'commander';
import { type GraphQLSchema, parse } from 'graphql';
import { type ContractView, createReach, type Reach } from '../../access/index.ts';
import { promptsOfFields } from '../../ai/fields/index.ts';
import { type ContractConfig, loadConfig, type ResolvedConfig } from '../../config/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { buildApiSchema, type Composition, readRequiredFields } from '../../supergraph/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';

interface WhoOptions {
  readonly config: string;
  readonly json: boolean;
}

export function whoCommand(): Command {
  return cliCommand('who', {
    description: 'List the scopes, policies, ways, contracts and prompts through which a field or type is reached.',
    local: 'it answers for a configuration',
    examples: ['isthmus access who User.email', 'isthmus access who User --json'],
  })
    .argument('<coordinate>', 'such as User.email, or User')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(async (coordinate: string, { config, json }: WhoOptions) => {
      const reach = (await readReach(config))(coordinate);
      if (typeof reach === 'string') return fail('NOT_FOUND', reach);
      printResult({ json }, reach, () => table(reach));
    });
}

/** @returns what describes a coordinate: with a sentence where clients see no such field or type */
export async function readReach(configFile: string): Promise<ReturnType<typeof createReach>> {
  const { config, composition, sources, prompts } = await readSupergraph(await loadConfig(configFile));
  const required = readRequiredFields(parse(composition.supergraphSdl, { noLocation: true }));
  const ofFields = [...prompts.keys()].flatMap((name) => {
    const source = sources.get(name);
    return source === undefined ? [] : [...promptsOfFields(source)];
  });
  const schema = await buildApiSchema(composition.apiPieces);
  const contracts = await contractViews(config, composition, schema);
  const { accessRules: rules, fieldSources, rows } = composition;
  return createReach({
    schema,
    rules,
    fieldSources,
    rowRules: rows.rules,
    required,
    prompts: new Map(ofFields),
    contracts,
  });
}

/** The contracts in the order in which they are tried, and the whole schema, where a request may have it. */
async function contractViews(
  { access, server }: ResolvedConfig,
  { apiPieces, contracts }: Composition,
  whole: GraphQLSchema,
): Promise<readonly ContractView[]> {
  const views: ContractView[] = [];
  for (const contract of access.contracts) {
    const hidden = contracts.get(contract.name);
    const schema = hidden === undefined || hidden.size === 0 ? whole : await buildApiSchema(apiPieces, hidden);
    views.push({ contract: contract.name, conditions: conditionsOf(contract), schema });
  }
  const isForEveryone = ({ header, when, path = server.graphqlPath }: ContractConfig): boolean =>
    header === undefined && when === undefined && path === server.graphqlPath;
  if (access.contracts.length === 0 || access.contracts.some(isForEveryone)) return views;
  return [...views, { contract: null, conditions: [], schema: whole }];
}

function conditionsOf({ when, header, path }: ContractConfig): readonly string[] {
  return [
    ...(path === undefined ? [] : [`path ${path}`]),
    ...(header === undefined ? [] : [`header ${header.name}: ${header.value}`]),
    ...(when === undefined ? [] : [`when ${when}`]),
  ];
}

function table(reach: Reach): string {
  const rows: (readonly [string, readonly string[]])[] = [
    ['scopes', [list(reach.scopes)]],
    ['policies', [list(reach.policies)]],
    ['ways', reach.ways.length === 0 ? ['none: no client reaches it'] : reach.ways.map(wayText)],
    ['contracts', reach.contracts.length === 0 ? ['-'] : reach.contracts.map(contractText)],
    ...(reach.rows === undefined ? [] : [['rows', reach.rows.map(rowText)] as const]),
    ['interfaces', [list(reach.interfaces)]],
    ['types', [list(reach.types)]],
    ['required by', reach.requiredBy.length === 0 ? ['-'] : reach.requiredBy.map(requiringText)],
  ];
  const lines = rows.flatMap(([title, texts]) =>
    texts.map((text, index) => `${(index === 0 ? title : '').padEnd(13)}${text}`),
  );
  const more = reach.isComplete ? [] : ['There are more ways than these.'];
  return `${[reach.coordinate, ...lines, ...more].join('\n')}\n`;
}

function wayText({ path, rules }: Reach['ways'][number]): string {
  const needed = rules.map(({ on, rule }) => `${rule} on ${on}`);
  return `${path.join(' > ')}: ${needed.length === 0 ? 'anyone' : needed.join(' and ')}`;
}

function contractText({ contract, conditions, isReached }: Reach['contracts'][number]): string {
  const isFor = conditions.length === 0 ? '' : ` (${conditions.join(', ')})`;
  return `${contract ?? 'none, the whole schema'}${isFor}: ${isReached ? 'reached' : 'hidden'}`;
}

function rowText({ on, rule }: NonNullable<Reach['rows']>[number]): string {
  return `${rule} on ${on}`;
}

function requiringText({ field, prompt, rules }: Reach['requiredBy'][number]): string {
  const ofPrompt = prompt === undefined ? '' : `, prompt ${prompt}`;
  return `${field}${ofPrompt}: ${rules.length === 0 ? 'anyone' : rules.join(' and ')}`;
}

const list = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(', '));
