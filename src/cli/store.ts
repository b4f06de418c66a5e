/** `isthmus store`: the durable state of a configuration, whether or not a gateway runs. */
import { userInfo } from 'node:os';
import { Command } from 'commander';
import { withStore } from './with-store.ts';

export function storeCommand(): Command {
  return new Command('store')
    .description('Where API keys, the audit log and the ledger are kept.')
    .addCommand(rekeyCommand());
}

function rekeyCommand(): Command {
  return new Command('rekey')
    .description('Encrypt the store with `store.key`, where it is encrypted with one of `store.previous_keys`.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(({ config }: { readonly config: string }) =>
      withStore(config, async (store) => {
        const rekeyed = await store.rekey(`cli:${userInfo().username}`);
        process.stdout.write(
          rekeyed === undefined
            ? 'The store is encrypted with store.key already: store.previous_keys can be removed.\n'
            : `${rekeyed.apiKeys} API keys, ${rekeyed.auditEntries} entries of the audit log and ${rekeyed.ledgerNames} names of the ledger are encrypted with store.key: store.previous_keys can be removed.\n`,
        );
      }),
    );
}
