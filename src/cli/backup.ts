/** `isthmus backup` and `isthmus restore`: the store of a configuration in one file, and back. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ArchiveError } from '../archive/index.ts';
import { ConfigError, loadConfig } from '../config/index.ts';
import { fileFailure } from './file-failure.ts';
import { cliCommand } from './frame/cli-command.ts';
import { fail } from './frame/cli-failure.ts';
import { printResult } from './frame/print-result.ts';
import { withProgress } from './frame/with-progress.ts';

interface BackupOptions {
  readonly config: string;
  readonly records: boolean;
  readonly json: boolean;
}

interface RestoreOptions {
  readonly config: string;
  readonly force: boolean;
  readonly json: boolean;
}

export function backupCommand(): Command {
  return cliCommand('backup', {
    description: 'Write the store to one file, as it is at one moment, while gateways serve.',
    local: 'the file has the key of the store, which is not sent over the network',
    examples: ['isthmus backup shop.backup', 'isthmus backup "backups/$(date +%F).backup" --records'],
  })
    .argument('<file>', 'where it is written; it holds the generated key of the store, and only its owner may read it')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--records', 'recorded operations and their usage, too', false)
    .action(backup);
}

export function restoreCommand(): Command {
  return cliCommand('restore', {
    description: 'Make the store what a backup of the same kind of store has; gateways are stopped before.',
    local: 'gateways are stopped before',
    examples: ['isthmus restore shop.backup', 'isthmus restore shop.backup --force # replaces what is there'],
  })
    .argument('<file>', 'what `isthmus backup` has written')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--force', 'replace a store that is there', false)
    .action(restore);
}

async function backup(name: string, { config: configFile, records, json }: BackupOptions): Promise<void> {
  const { store: config } = await loadConfig(configFile);
  const { backupStore } = await import('../store/backup/index.ts');
  const file = resolve(name);
  try {
    const work = () => backupStore({ config, file, records, at: new Date() });
    const { store, files } = await withProgress('writing the backup', work);
    printResult({ json }, { file, store, files }, () => `${name} is written: ${files.join(', ')}`);
  } catch (error) {
    fail('STORE', `the store cannot be backed up: ${fileFailure(error)}`);
  }
}

async function restore(name: string, { config: configFile, force, json }: RestoreOptions): Promise<void> {
  const { store: config, file } = await loadConfig(configFile);
  const { restoreStore, StoreExists, StoreOpen } = await import('../store/backup/index.ts');
  try {
    const work = () => restoreStore({ config, configFile: file, file: resolve(name), force });
    await withProgress('restoring the store', work);
    printResult({ json }, { restored: resolve(name), store: config.kind }, () => `The store is what ${name} has.`);
  } catch (error) {
    if (error instanceof StoreExists) return fail('REFUSED', `${error.message}; --force replaces it`);
    if (error instanceof StoreOpen)
      return fail(
        'REFUSED',
        `${error.message}: stop the gateways of this store, which would go on writing to what is replaced`,
      );
    if (error instanceof ArchiveError) return fail('FILE', `${name}: ${error.message}`);
    if (error instanceof ConfigError) throw error;
    fail('STORE', `the store cannot be restored: ${fileFailure(error)}`);
  }
}
