/** `isthmus store`: the durable state of a configuration, whether or not a gateway runs. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { cliCommand, commandGroup } from './frame/cli-command.ts';
import { printResult } from './frame/print-result.ts';
import { withStore } from './with-store.ts';

export function storeCommand(): Command {
  return commandGroup('store', 'Where API keys, the audit log and the ledger are kept.', [rekeyCommand()]);
}

function rekeyCommand(): Command {
  return cliCommand('rekey', {
    description: 'Encrypt the store with `store.key`, where it is encrypted with one of `store.previous_keys`.',
    local: 'both keys of the store stay in the configuration',
    examples: ['isthmus store rekey', 'isthmus store rekey --config production.yaml'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(({ config, json }: { readonly config: string; readonly json: boolean }) =>
      withStore(config, async (store) => {
        const rekeyed = await store.rekey(`cli:${userInfo().username}`);
        printResult({ json }, rekeyed ?? { apiKeys: 0, auditEntries: 0, ledgerNames: 0 }, () =>
          rekeyed === undefined
            ? 'The store is encrypted with store.key already: store.previous_keys can be removed.'
            : `${rekeyed.apiKeys} API keys, ${rekeyed.auditEntries} entries of the audit log and ${rekeyed.ledgerNames} names of the ledger are encrypted with store.key: store.previous_keys can be removed.`,
        );
      }),
    );
}
