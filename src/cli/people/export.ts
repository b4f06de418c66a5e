/** `isthmus export` writes what is stored of a person, as JSON lines. */
import type { Command } from 'commander';
import type { PersonPage } from '../../store/index.ts';
import { askAdminGraph } from '../frame/ask-admin.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { withRecords } from '../log/with-records.ts';
import { writeOut } from '../write-out.ts';

interface ExportOptions extends StoreOptions {
  readonly user: string;
}

/** Five hundred records with their documents. */
const maxAnswerBytes = 250_000_000;
const pageLength = 500;

export function exportCommand(): Command {
  const command = cliCommand('export', {
    description:
      'Write what is stored of a person: API keys, increases of budgets, model calls, records; a JSON line each.',
    examples: [
      'isthmus export --user u42 > u42.jsonl',
      'isthmus export --user u42 --gateway https://shop.example:4400 > u42.jsonl',
    ],
    json: 'it always is JSON lines',
  }).requiredOption('--user <id>', 'the caller’s id, as `isthmus costs --by principal` lists it');
  return withStoreOrGateway(command, 'admin:read').action(exportPerson);
}

async function exportPerson({ user, ...options }: ExportOptions): Promise<void> {
  const address = addressOf(options);
  if (address !== undefined)
    return writePages(async (after) => {
      const query =
        'query Person($user: String!, $after: String) { person(user: $user, after: $after) { lines next } }';
      const { person } = await askAdminGraph(address, query, { user, after }, { maxAnswerBytes });
      return person as PersonPage;
    });
  await withRecords(options.config, async (records, store) => {
    const { readPersonPage } = await import('../../store/index.ts');
    await writePages((after) => readPersonPage({ store, records }, { user, after, limit: pageLength }));
  });
}

async function writePages(readPage: (after: string | undefined) => Promise<PersonPage | undefined>): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await readPage(after);
    for (const line of page?.lines ?? []) await writeOut(`${JSON.stringify(line)}\n`);
    after = page?.next ?? undefined;
    if (after === undefined) return;
  }
}
