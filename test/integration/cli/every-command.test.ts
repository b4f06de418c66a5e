/** Every command in a real terminal, over the store, and in pipes, through a running gateway: what it prints, and how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsWithin, pathOf } from '../../../src/cli/frame/command-tree.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { type AiGraph, assistantPrompts, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';

let graph: AiGraph;
let folder: string;
let adminUrl: string;
let keys: Readonly<Record<string, string>>;
let request = '';

const tested = assistantPrompts['summary.prompt']?.replace(
  'model: fast\n',
  'model: fast\ntests: [{ name: short, input: { locale: en, name: Chair, reviews: [] }, expect: { maxLength: 10000 } }]\n',
);
const page = 'query Page($first: Int) { products(first: $first) { name summary } }';

beforeAll(async () => {
  graph = await startAiGraph({
    workers: 1,
    ai: '  ledger: true\n  budgets: [{ name: tenants, per: tenant, limit_usd: "100", every: 365d }]',
    yaml: 'admin: { port: 0 }\nserver: { port: 0 }\ntelemetry: { records: { documents: on, variables: on } }',
  });
  folder = graph.gateway.folder;
  const line = graph.gateway.log.find(({ msg }) => msg === 'the admin listener listens');
  adminUrl = new URL(String(line?.adminUrl)).origin;
  await mkdir(join(folder, 'documents'));
  await writeFile(join(folder, 'documents', 'page.graphql'), page);
  await writeFile(join(graph.folderOf('assistant'), 'prompts', 'summary@1.prompt'), tested ?? '');
  await writeFile(join(folder, 'gateway.log'), '{"sizes":{"depth":3},"costEstimated":12}\n');
  const other =
    'subgraphs: { shop: { routing_url: "http://127.0.0.1:1", schema: { file: shop.graphql } } }\nstore: { url: "sqlite:other.db" }\n';
  await writeFile(join(folder, 'other.yaml'), other);
  await graph.query(page, { first: 1 });
  const newKey = async () =>
    JSON.parse((await runCommand('keys', 'create', '--name', 'a', '--json', '--config', config())).out).id as string;
  keys = { terminal: await newKey(), pipe: await newKey() };
  const logged = async () => {
    const { out } = await runCommand('log', '--json', '--gateway', adminUrl);
    return out === '' ? '' : JSON.parse(out.split('\n')[0] ?? '').requestId;
  };
  while (request === '') request = await logged();
  await writeFile(join(folder, 'recording.jsonl'), (await runCommand('log', '--json', '--gateway', adminUrl)).out);
});
afterAll(() => graph[Symbol.asyncDispose]());

const config = (): string => join(folder, 'supergraph.yaml');

/** All but those that serve until they are stopped. @param graphName each mode has a graph of its own */
function linesOf(graphName: string): readonly (readonly [line: string, code?: 0 | 1 | 2])[] {
  const schema = join(folder, 'shop.graphql');
  const operation = join(folder, 'documents', 'page.graphql');
  const recording = join(folder, 'recording.jsonl');
  const subgraph = `${graphName} --name shop`;
  return [
    [`init ${folder}/${graphName}`],
    [`init subgraph --kind native --name extra --config ${folder}/${graphName}/supergraph.yaml`],
    ['doctor'],
    ['compose'],
    ['reload'],
    [`supergraph publish ${graphName} --no-settings`],
    [`subgraph check ${subgraph} --schema ${schema}`],
    [`subgraph check ${subgraph} --delete`, 1],
    [`subgraph checks list ${graphName}`],
    [`subgraph checks show 999999 ${graphName}`, 2],
    [`subgraph approve ${subgraph} --schema ${schema} --all`, 1],
    [`subgraph publish ${subgraph} --schema ${schema} --message again`],
    [`subgraph list ${graphName}`],
    [`subgraph fetch ${subgraph}`],
    [`subgraph rollback ${subgraph} --to 1`],
    [`subgraph delete ${graphName} --name labels`, 1],
    [`subgraph introspect ${graph.gateway.subgraphs.shop?.url}`],
    [`subgraph lint --schema ${schema}`],
    [`supergraph fetch ${graphName}`],
    [`supergraph history ${graphName}`],
    [`supergraph diff ${graphName}`],
    [`supergraph label 1 first ${graphName}`],
    [`supergraph rollback ${graphName} --to 1`],
    [`supergraph promote ${graphName}`, 2],
    [`operations check ${graphName} --documents ${folder}/documents`],
    [`operations push ${graphName} --name web --documents ${folder}/documents`],
    [`prompt list ${graphName}`],
    [`prompt publish ${graphName} --subgraph assistant --prompts ${graph.folderOf('assistant')}/prompts`],
    [`prompt label summary@1 live --graph ${graphName} --subgraph assistant`],
    ['prompt test summary@1'],
    ['registry key'],
    [`bundle --output ${folder}/${graphName}.isthmus --config ${folder}/other.yaml`],
    ['types'],
    [`ai warm --query ${operation}`],
    ['ai invalidate --prompt summary'],
    ['cache invalidate --subgraph shop'],
    ['cache stats'],
    ['cache purge'],
    [`price ${operation}`],
    [`explain ${operation}`],
    [`limits suggest ${folder}/gateway.log`],
    ['access who Product.name'],
    [`access can --operation ${operation}`],
    ['keys list'],
    ['keys create --name walker'],
    [`keys rotate ${keys[graphName]} --overlap 1d`],
    [`keys revoke ${keys[graphName]}`],
    ['audit'],
    ['store rekey'],
    [`backup ${folder}/${graphName}.backup`],
    [`restore ${folder}/${graphName}.backup --force --config ${folder}/other.yaml`],
    ['costs --by tenant,field'],
    ['costs export'],
    ['log'],
    [`log ${request}`],
    ['log hours'],
    ['usage coordinates'],
    ['usage operations'],
    ['usage clients'],
    ['usage unused'],
    ['usage deprecated'],
    ['budgets'],
    ['budgets raise tenants --by 1.00 --until 1d'],
    [`replay ${recording} --against ${graph.gateway.url}`],
    ['export --user anonymous'],
    ['erase --user nobody'],
    ['config schema'],
    ['completion bash'],
  ];
}

const serving = ['isthmus dev', 'isthmus serve', 'isthmus registry serve'];
const program = await createProgram();

/** The command that a line names. */
function commandOf(line: string): Command {
  let command = program;
  for (const word of line.split(' ')) {
    const inner = command.commands.find((each) => each.name() === word);
    if (inner === undefined) break;
    command = inner;
  }
  return command;
}

/** The words of the lines, with where the graph is. */
function wordsOf(line: string, isRemote: boolean): readonly string[] {
  const words = line.split(' ');
  const flags = commandOf(line).options.map(({ long }) => long);
  const path = pathOf(commandOf(line));
  const asksGateway = flags.includes('--gateway') && (isRemote || alwaysRemote.includes(path));
  const gateway = path === 'isthmus ai warm' ? graph.gateway.url : adminUrl;
  return [
    ...words,
    ...(asksGateway ? ['--gateway', gateway] : []),
    ...(flags.includes('--config') && !words.includes('--config') ? ['--config', config()] : []),
    ...(isRemote ? ['--json'] : []),
  ];
}

/** No process of this store can be found by its process id: the gateway is in this one. */
const alwaysRemote = [
  'reload',
  'ai warm',
  'ai invalidate',
  'cache invalidate',
  'cache stats',
  'cache purge',
  'erase',
].map((path) => `isthmus ${path}`);

/** @param terminal stdout and stderr are one; else they are two pipes */
async function run(lines: readonly (readonly string[])[], terminal: boolean) {
  const file = join(folder, terminal ? 'terminal.json' : 'pipe.json');
  await writeFile(file, JSON.stringify(lines));
  const words = ['test/testkit/processes/command-lines.ts', file];
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...env } = process.env;
  const child = terminal
    ? spawn('script', ['-qec', `${process.execPath} ${words.join(' ')}`, '/dev/null'], {
        env: { ...env, TERM: 'xterm' },
      })
    : spawn(process.execPath, words, { env });
  child.stdin.end();
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const ends = out.matchAll(/(.*?)<<ended (.*?)>>\r?\n/gs);
  return {
    errors,
    results: [...ends].map(([, printed = '', end = '']) => ({ printed, ...(JSON.parse(end) as { code: number }) })),
  };
}

describe('every command', () => {
  it('is run here, but those that serve', () => {
    const runnable = commandsWithin(program).filter(({ options }) => options.some(({ long }) => long === '--json'));
    const paths = linesOf('shop').map(([line]) => pathOf(commandOf(line)));
    expect([...new Set([...paths, ...serving])].sort()).toEqual(runnable.map(pathOf).sort());
  });

  it.skipIf(process.platform !== 'linux')(
    'writes for a reader in a terminal, and JSON into a pipe',
    async () => {
      const [terminal, pipe] = [linesOf('terminal'), linesOf('pipe')];
      const [shown, piped] = await Promise.all([
        run(
          terminal.map(([line]) => wordsOf(line, false)),
          true,
        ),
        run(
          pipe.map(([line]) => wordsOf(line, true)),
          false,
        ),
      ]);
      for (const [lines, { results }] of [
        [terminal, shown],
        [pipe, piped],
      ] as const)
        expect(results.map(({ code }, index) => [lines[index]?.[0], code])).toEqual(
          lines.map(([line, code = 0]) => [line, code]),
        );
      for (const [index, { printed }] of shown.results.entries()) {
        const plain = stripVTControlCharacters(printed);
        expect(plain.replaceAll(/[\r\n\t]/g, ''), terminal[index]?.[0]).not.toMatch(/\p{Cc}/u);
        expect(plain, terminal[index]?.[0]).not.toMatch(/undefined|\[object |\n {4}at /);
      }
      for (const [index, { printed }] of piped.results.entries()) expect(isJson(printed), pipe[index]?.[0]).toBe(true);
      expect(piped.errors).toBe('');
    },
    120_000,
  );

  it('ends quietly where its reader has, and reads what is piped into it', async () => {
    const isthmus = `${process.execPath} src/cli/main.ts`;
    const schema = join(folder, 'shop.graphql');
    const script = [
      `${isthmus} config schema | head -c 1 > /dev/null; echo "$?" "\${PIPESTATUS[@]}"`,
      `cat ${schema} | ${isthmus} subgraph lint --schema - --json | head -c 1`,
      `${isthmus} price - --config ${config()} --json < ${join(folder, 'documents', 'page.graphql')} > ${folder}/price.json; echo "$?"`,
    ].map((each) => text(spawn('bash', ['-c', `exec 2>&1; ${each}`]).stdout));
    expect(await Promise.all(script)).toEqual(['0 0 0\n', '{', '0\n']);
    expect(JSON.parse(await readFile(join(folder, 'price.json'), 'utf8'))).toMatchObject([{ operation: 'Page' }]);
  }, 60_000);
});

/** One value, or one in each line. */
function isJson(printed: string): boolean {
  const parses = (each: string): boolean => {
    try {
      JSON.parse(each);
      return true;
    } catch {
      return false;
    }
  };
  return parses(printed) || printed.trimEnd().split('\n').every(parses);
}
