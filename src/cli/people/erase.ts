/**
 * `isthmus erase` removes a person: from the records, the ledger, the API keys, and all caches of a running gateway; of a store
 * that is at hand, or of the gateway that `--gateway` names.
 */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import type { ErasedUser } from '../../store/index.ts';
import { adminUrlOf } from '../frame/admin-url.ts';
import { type AdminAddress, askAdminGraph, localAdmin, withGateway } from '../frame/ask-admin.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { CliFailure, fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { addressOf, type StoreOptions } from '../frame/store-or-gateway.ts';
import { withRecords } from '../log/with-records.ts';
import { printable } from '../printable.ts';

interface EraseOptions extends StoreOptions {
  readonly user: string;
  readonly caches: boolean;
  readonly json: boolean;
}

interface EraseReport extends ErasedUser {
  readonly records: number;
  readonly caches: 'emptied' | 'as they were';
  /** Why the caches are as they were, where they were to be emptied. */
  readonly problem: string | undefined;
}

/** Exits 1 where the caches could not be emptied. */
export function eraseCommand(): Command {
  const command = cliCommand('erase', {
    description:
      'Remove a person from the records, the ledger and the API keys, and empty the caches of a running gateway. Sums stay as they are.',
    examples: [
      'isthmus erase --user u42',
      'isthmus erase --user u42 --no-caches # no gateway is running',
      'isthmus erase --user u42 --gateway https://shop.example:4400',
    ],
  }).requiredOption('--user <id>', 'the caller’s id, as `isthmus costs --by principal` lists it');
  return withGateway(command, 'admin:write', 'the store of the configuration, and the caches of its admin listener')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--no-caches', 'leave the caches as they are: no gateway is running')
    .action(erase);
}

async function erase(options: EraseOptions): Promise<void> {
  const { user, caches, json } = options;
  const address = addressOf(options);
  if (address !== undefined && !caches)
    return fail('COMMAND_LINE', '--no-caches is for a store without a gateway: a gateway empties its caches');
  const report = await (address === undefined ? eraseInStore(options) : eraseInGateway(address, user));
  printResult({ json }, report, () => linesOf(user, report).join('\n'));
  const { problem } = report;
  if (problem === undefined) return;
  if (!json) process.stderr.write(`${problem}\n`);
  reportFinding();
}

async function eraseInStore({ config, user, caches, key }: EraseOptions): Promise<EraseReport> {
  const { admin } = await loadConfig(config);
  const gateway = admin === undefined ? localAdmin : adminUrlOf(admin);
  return withRecords(config, async (records, store) => {
    const deleted = await records.erase(user);
    const erased = await store.eraseUser(user, `cli:${userInfo().username}`);
    const local = { gateway, ...(key === undefined ? {} : { key }) };
    const problem = caches ? await emptyCaches(local) : undefined;
    return {
      ...erased,
      records: deleted,
      caches: caches && problem === undefined ? 'emptied' : 'as they were',
      problem,
    } as const;
  });
}

async function eraseInGateway(address: AdminAddress, user: string): Promise<EraseReport> {
  const query = `mutation Erase($user: String!) {
    eraseUser(user: $user) { pseudonym ledgerRows ledgerHours apiKeys budgetRaises records problem }
  }`;
  const { eraseUser } = await askAdminGraph(address, query, { user });
  const { problem, ...erased } = eraseUser as Omit<EraseReport, 'caches' | 'problem'> & {
    readonly problem: string | null;
  };
  return { ...erased, caches: problem === null ? 'emptied' : 'as they were', problem: problem ?? undefined };
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

function linesOf(user: string, report: EraseReport): readonly string[] {
  const { pseudonym, ledgerRows, ledgerHours, apiKeys, budgetRaises, records, caches } = report;
  return [
    `${printable(user)} is erased`,
    `  records deleted      ${records}`,
    `  ledger renamed       ${ledgerRows} rows and ${ledgerHours} sums, now of ${pseudonym}`,
    `  API keys revoked     ${apiKeys}`,
    `  increases removed    ${budgetRaises}`,
    `  caches               ${caches}`,
  ];
}
