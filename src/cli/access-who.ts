/** `isthmus access who User.email`: through which rules, ways and prompts a field or type is reached. */
import { Command } from 'commander';
import { parse } from 'graphql';
import { describeReach, type Reach } from '../access/index.ts';
import { promptsOfFields } from '../ai/fields/index.ts';
import { loadConfig } from '../config/index.ts';
import { readSupergraph } from '../read-supergraph.ts';
import { buildApiSchema, readRequiredFields } from '../supergraph/index.ts';
import { fail } from './fail.ts';

interface WhoOptions {
  readonly config: string;
  readonly json: boolean;
}

/** Exits 1 where clients see no such field or type. */
export function whoCommand(): Command {
  return new Command('who')
    .description('List the scopes, policies, ways and prompts through which a field or type is reached.')
    .argument('<coordinate>', 'such as User.email, or User')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--json', 'write JSON', false)
    .action(async (coordinate: string, { config, json }: WhoOptions) => {
      const reach = await readReach(config, coordinate);
      if (typeof reach === 'string') fail(reach);
      else process.stdout.write(json ? `${JSON.stringify(reach, null, 2)}\n` : table(reach));
    });
}

/** @returns a sentence where clients see no such field or type */
export async function readReach(configFile: string, coordinate: string): Promise<Reach | string> {
  const { composition, sources, prompts } = await readSupergraph(await loadConfig(configFile));
  const required = readRequiredFields(parse(composition.supergraphSdl, { noLocation: true }));
  const ofFields = [...prompts.keys()].flatMap((name) => {
    const source = sources.get(name);
    return source === undefined ? [] : [...promptsOfFields(source)];
  });
  const schema = await buildApiSchema(composition.apiPieces);
  return describeReach(coordinate, { schema, rules: composition.accessRules, required, prompts: new Map(ofFields) });
}

function table(reach: Reach): string {
  const rows: (readonly [string, readonly string[]])[] = [
    ['scopes', [list(reach.scopes)]],
    ['policies', [list(reach.policies)]],
    ['ways', reach.ways.length === 0 ? ['none: no client reaches it'] : reach.ways.map(wayText)],
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

function requiringText({ field, prompt, rules }: Reach['requiredBy'][number]): string {
  const ofPrompt = prompt === undefined ? '' : `, prompt ${prompt}`;
  return `${field}${ofPrompt}: ${rules.length === 0 ? 'anyone' : rules.join(' and ')}`;
}

const list = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(', '));
