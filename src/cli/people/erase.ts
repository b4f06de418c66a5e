/** `isthmus erase` removes a person: from the records, the ledger, the API keys, and all caches of a running gateway. */
import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { ErasedUser } from '../../store/index.ts';
import { type AdminAddress, askAdminGraph, withAdminAddress } from '../cache/ask-admin.ts';
import { withRecords } from '../log/with-records.ts';
import { printable } from '../printable.ts';

interface EraseOptions extends AdminAddress {
  readonly config: string;
  readonly user: string;
  readonly caches: boolean;
  readonly json: boolean;
}

/** Exits 1 where something could not be removed. */
export function eraseCommand(): Command {
  const command = new Command('erase')
    .description(
      'Remove a person from the records, the ledger and the API keys, and empty the caches of a running gateway. Sums stay as they are.',
    )
    .requiredOption('--user <id>', 'the caller’s id, as `isthmus costs --by principal` lists it')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--no-caches', 'leave the caches as they are: no gateway is running')
    .option('--json', 'write JSON', false);
  return withAdminAddress(command, 'admin:write').action(erase);
}

async function erase({ config, user, caches, json, ...address }: EraseOptions): Promise<void> {
  await withRecords(config, async (records, store) => {
    const deleted = await records.erase(user);
    const erased = await store.eraseUser(user, `cli:${userInfo().username}`);
    const isPurged = caches && (await askAdminGraph('mutation Purge { purge }', {}, address)) !== undefined;
    const report = { ...erased, records: deleted, caches: isPurged ? 'emptied' : 'as they were' };
    process.stdout.write(
      json ? `${JSON.stringify(report, null, 2)}\n` : `${linesOf(user, erased, report).join('\n')}\n`,
    );
  });
}

function linesOf(
  user: string,
  { pseudonym, ledgerRows, ledgerHours, apiKeys, budgetRaises }: ErasedUser,
  { records, caches }: { readonly records: number; readonly caches: string },
): readonly string[] {
  return [
    `${printable(user)} is erased`,
    `  records deleted      ${records}`,
    `  ledger renamed       ${ledgerRows} rows and ${ledgerHours} sums, now of ${pseudonym}`,
    `  API keys revoked     ${apiKeys}`,
    `  increases removed    ${budgetRaises}`,
    `  caches               ${caches}`,
  ];
}
