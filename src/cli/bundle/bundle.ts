/** `isthmus bundle`: everything that a gateway is started from, in one file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeArchive } from '../../archive/index.ts';
import { loadConfig } from '../../config/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { bundledFiles, OutsideBundle } from './bundled-files.ts';

interface BundleOptions {
  readonly config: string;
  readonly output: string;
  readonly json: boolean;
}

export function bundleCommand(): Command {
  return cliCommand('bundle', {
    description:
      'Pack configuration, schemas, prompts, trusted documents and modules into one file that starts offline.',
    local: 'it packs the files of a configuration',
    examples: ['isthmus bundle --output shop.isthmus', 'isthmus bundle --config production.yaml --output shop.isthmus'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .requiredOption('--output <file>', 'where it is written (required)')
    .action(bundle);
}

async function bundle({ config, output, json }: BundleOptions): Promise<void> {
  const parts = await readSupergraph(await loadConfig(config));
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-bundle-'));
  try {
    const files = await bundledFiles(parts, folder);
    const about = { config: basename(parts.config.file), generation: parts.id };
    await writeArchive(resolve(output), 'bundle', about, files);
    const paths = files.map(({ path }) => path);
    printResult({ json }, { file: resolve(output), generation: parts.id, files: paths }, () =>
      [
        `${output} is written: ${paths.length} files of the generation ${parts.id}`,
        ...paths.map((path) => `  ${path}`),
      ].join('\n'),
    );
  } catch (error) {
    if (error instanceof OutsideBundle) return fail('FILE', error.message);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
