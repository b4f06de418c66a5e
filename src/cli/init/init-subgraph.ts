/** `isthmus init subgraph`: one more subgraph of a graph, in `subgraphs/` beside its configuration and with a line in it. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError, loadConfig, type ResolvedConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { CompositionError } from '../../supergraph/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { paint } from '../frame/paint.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { withProgress } from '../frame/with-progress.ts';
import { writeWhole } from '../write-whole.ts';
import { subgraphPackages } from './project-packages.ts';
import { readTemplate } from './read-template.ts';
import { withSubgraphEntry } from './with-subgraph-entry.ts';
import { writeNewFiles } from './write-new-files.ts';

const kinds = ['native', 'rest', 'ai'] as const;
type Kind = (typeof kinds)[number];

interface InitSubgraphOptions {
  readonly kind: Kind;
  readonly name: string;
  readonly config: string;
  readonly json: boolean;
}

/** Exits 1 where the graph does not compose with it. */
export function initSubgraphCommand(): Command {
  return cliCommand('subgraph', {
    description: 'Add a subgraph to a graph: its schema, its code or prompts, and its line in supergraph.yaml.',
    local: 'it writes files of this machine',
    examples: [
      'isthmus init subgraph --kind native --name reviews',
      'isthmus init subgraph --kind rest --name weather',
      'isthmus init subgraph --kind ai --name summaries',
    ],
  })
    .addOption(new Option('--kind <kind>', 'what it is').choices(kinds).makeOptionMandatory())
    .requiredOption('--name <name>', 'its name', readName)
    .option('--config <file>', 'the configuration of the graph', 'supergraph.yaml')
    .action(initSubgraph);
}

async function initSubgraph({ kind, name, config: file, json }: InitSubgraphOptions): Promise<void> {
  const config = await loadConfig(file);
  if (config.subgraphs.some((subgraph) => subgraph.name === name))
    fail('REFUSED', `the graph has a subgraph "${name}" already: choose another --name`);
  const folder = join(dirname(file), 'subgraphs', name);
  const port = freePort(config);
  const text = withSubgraphEntry(await readFile(file, 'utf8'), name, entryOf(kind, name, port));
  if (text === undefined)
    fail('REFUSED', `${file} names no subgraphs: a supergraph of another registry is composed there`);
  const files = new Map(await readTemplate(kind, namesOf(name, port)));
  const { written } = await writeNewFiles(folder, files, new Set());
  await writeWhole(file, text);
  const problem = await withProgress('composing', () => compositionProblem(file));
  const next = nextOf(kind, file, folder);
  const result = { folder, written, changed: [file], composed: problem === undefined, problem, next };
  printResult({ json }, result, () =>
    [
      ...written.map((path) => `${paint('green', 'new')}      ${join(folder, path)}`),
      `${paint('yellow', 'changed')}  ${file}`,
      '',
      ...(problem === undefined
        ? ['The graph composes. Next:']
        : ['The graph does not compose:', problem, '', 'Then:']),
      ...next.map((line) => `  ${line}`),
    ].join('\n'),
  );
  if (problem !== undefined) reportFinding();
}

function entryOf(kind: Kind, name: string, port: number): string {
  const schema = `schema: { file: subgraphs/${name}/schema.graphql }`;
  if (kind === 'ai') return `{ ai: true, ${schema}, prompts: subgraphs/${name}/prompts }`;
  return `{ routing_url: "http://127.0.0.1:\${${variableOf(name)}_PORT:-${port}}/graphql", ${schema} }`;
}

/** After the last one that the configuration names on this machine. */
function freePort({ subgraphs }: ResolvedConfig): number {
  const ports = subgraphs.flatMap((subgraph) =>
    subgraph.kind === 'http' && URL.canParse(subgraph.routingUrl) ? [Number(new URL(subgraph.routingUrl).port)] : [],
  );
  return Math.max(4000, ...ports.filter((port) => port >= 4000 && port < 4100)) + 1;
}

function namesOf(name: string, port: number): Readonly<Record<string, string>> {
  const words = name.split(/[-_]+/).filter((word) => word !== '');
  const pascal = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join('');
  const type = pascal.replace(/ies$/, 'y').replace(/([^isu])s$/, '$1');
  const field = `${pascal[0]?.toLowerCase()}${pascal.slice(1)}`;
  return { name, Type: type, field, NAME: variableOf(name), port: String(port) };
}

const variableOf = (name: string): string => name.toUpperCase().replaceAll('-', '_');

async function compositionProblem(file: string): Promise<string | undefined> {
  try {
    await readSupergraph(await loadConfig(file));
    return undefined;
  } catch (error) {
    if (!(error instanceof CompositionError || error instanceof ConfigError)) throw error;
    return messageOf(error);
  }
}

function nextOf(kind: Kind, file: string, folder: string): readonly string[] {
  const config = file === 'supergraph.yaml' ? '' : ` --config ${file}`;
  const serve = `npx isthmus dev${config}`;
  if (kind === 'ai') return [`npx isthmus prompt test${config}`, serve];
  const missing = hasPackages(file) ? [] : [`npm install --save-exact ${subgraphPackages().join(' ')}`];
  return [...missing, `node ${relative('.', join(folder, 'main.mjs'))}`, serve];
}

function hasPackages(file: string): boolean {
  try {
    createRequire(resolve(file)).resolve('graphql-http/package.json');
    return true;
  } catch {
    return false;
  }
}

function readName(text: string): string {
  if (!/^[A-Za-z][\w-]*$/.test(text))
    throw new InvalidArgumentError('A name has letters, digits, _ and -, and begins with a letter.');
  return text;
}
