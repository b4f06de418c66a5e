/**
 * `isthmus init [folder]`: a new graph, and `isthmus init subgraph`: one more subgraph of a graph. Neither writes over a file that
 * is there.
 */
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { paint } from '../frame/paint.ts';
import { printResult } from '../frame/print-result.ts';
import { initSubgraphCommand } from './init-subgraph.ts';
import { packageJson, subgraphPackages } from './project-packages.ts';
import { readTemplate } from './read-template.ts';
import { writeNewFiles } from './write-new-files.ts';

const templates = ['graph'] as const;

interface InitOptions {
  readonly template: string;
  readonly json: boolean;
}

/** What a project may have already: it stays as it is. */
const optionalFiles = new Set(['package.json', 'README.md', '.gitignore']);

export function initCommand(): Command {
  return cliCommand('init', {
    description: 'Write a new graph with a native, a REST-wrapping and an AI subgraph, which runs as it is.',
    local: 'it writes files of this machine',
    examples: ['isthmus init shop', 'isthmus init # in this folder'],
  })
    .enablePositionalOptions()
    .argument('[folder]', 'where it is written; default: this folder', '.')
    .option('--template <name>', `which one: ${templates.join(', ')}`, 'graph')
    .action(init)
    .addCommand(initSubgraphCommand());
}

async function init(folder: string, { template, json }: InitOptions): Promise<void> {
  if (!templates.some((name) => name === template))
    fail('NOT_FOUND', `there is no template "${template}": there is ${templates.join(', ')}`);
  const files = new Map(await readTemplate(template));
  files.set('package.json', packageJson(folder));
  const { written, skipped } = await writeNewFiles(folder, files, optionalFiles);
  const next = [
    ...(relative('.', folder) === '' ? [] : [`cd ${relative('.', folder)}`]),
    skipped.includes('package.json') ? `npm install --save-exact ${subgraphPackages().join(' ')}` : 'npm install',
    skipped.includes('package.json') ? 'npm exec -- node start.mjs' : 'npm start',
  ];
  printResult({ json }, { folder, written, skipped, next }, () =>
    [
      ...written.map((file) => `${paint('green', 'new')}  ${join(folder, file)}`),
      ...skipped.map((file) => `${paint('dim', 'as it was')}  ${join(folder, file)}`),
      '',
      'Next:',
      ...next.map((line) => `  ${line}`),
      'Then open http://127.0.0.1:4000/ and run the first query.',
    ].join('\n'),
  );
}
