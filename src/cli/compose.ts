import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../config/index.ts';
import { readSupergraph } from '../read-supergraph.ts';
import { formatProblems } from '../supergraph/index.ts';
import { writeWhole } from './write-whole.ts';

interface ComposeOptions {
  readonly config: string;
  readonly output?: string;
  readonly check: boolean;
}

/** `isthmus compose`: checks and composes, and writes the supergraph atomically. */
export function composeCommand(): Command {
  return new Command('compose')
    .description('Compose the supergraph and write it.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option(
      '--output <file>',
      'where the supergraph is written (default: schema/supergraph.graphql beside the configuration)',
    )
    .option('--check', 'write nothing; fail when the file is stale', false)
    .action(composeAndWrite);
}

async function composeAndWrite({ config, check, ...options }: ComposeOptions): Promise<void> {
  const output = options.output ?? join(dirname(config), 'schema/supergraph.graphql');
  const { composition, report } = await readSupergraph(await loadConfig(config));
  for (const line of report) process.stderr.write(`${line}\n`);
  if (composition.hints.length > 0) process.stderr.write(`${formatProblems(composition.hints)}\n`);
  const sdl = `${composition.supergraphSdl.trim()}\n`;
  const current = await readFile(output, 'utf8').catch(() => undefined);
  if (check) {
    if (current === sdl) return;
    process.stderr.write(`${output} is stale; write it with \`isthmus compose\`\n`);
    process.exitCode = 1;
    return;
  }
  await mkdir(dirname(output), { recursive: true });
  await writeWhole(output, sdl);
  process.stdout.write(`${output} ${current === sdl ? 'is unchanged' : 'is written'}\n`);
}
