/** `isthmus erase` removes a person: from the records, the ledger, the API keys, and all caches of a running gateway. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { messageOf } from '../../errors/index.ts';
import type { ErasedUser } from '../../store/index.ts';
import { type AdminAddress, askAdminGraph, withGateway } from '../frame/ask-admin.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { CliFailure } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { withRecords } from '../log/with-records.ts';
import { printable } from '../printable.ts';

interface EraseOptions extends AdminAddress {
  readonly config: string;
  readonly user: string;
  readonly caches: boolean;
  readonly json: boolean;
}

/** Exits 1 where the caches could not be emptied. */
export function eraseCommand(): Command {
  const command = cliCommand('erase', {
    description:
      'Remove a person from the records, the ledger and the API keys, and empty the caches of a running gateway. Sums stay as they are.',
    examples: ['isthmus erase --user u42', 'isthmus erase --user u42 --no-caches # no gateway is running'],
  })
    .requiredOption('--user <id>', 'the caller’s id, as `isthmus costs --by principal` lists it')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--no-caches', 'leave the caches as they are: no gateway is running');
  return withGateway(command, 'admin:write').action(erase);
}

async function erase({ config, user, caches, json, ...address }: EraseOptions): Promise<void> {
  await withRecords(config, async (records, store) => {
    const deleted = await records.erase(user);
    const erased = await store.eraseUser(user, `cli:${userInfo().username}`);
    const problem = caches ? await emptyCaches(address) : undefined;
    const isEmptied = caches && problem === undefined;
    const report = { ...erased, records: deleted, caches: isEmptied ? 'emptied' : 'as they were', problem };
    printResult({ json }, report, () => linesOf(user, erased, report).join('\n'));
    if (problem === undefined) return;
    if (!json) process.stderr.write(`${problem}\n`);
    reportFinding();
  });
}

/** @returns why they are as they were */
async function emptyCaches(address: AdminAddress): Promise<string | undefined> {
  try {
    await askAdminGraph(address, 'mutation Purge { purge }');
    return undefined;
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    return messageOf(error);
  }
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
