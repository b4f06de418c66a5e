/** `isthmus export` writes what is stored of a person, as JSON lines. */
import type { Command } from 'commander';
import { formatUsd } from '../../lib/index.ts';
import type { OperationRecord } from '../../observability/records/index.ts';
import type { Store } from '../../store/index.ts';
import type { RecordStore } from '../../store/records/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { withRecords } from '../log/with-records.ts';
import { writeOut } from '../write-out.ts';

interface ExportOptions {
  readonly config: string;
  readonly user: string;
}

export function exportCommand(): Command {
  return cliCommand('export', {
    description:
      'Write what is stored of a person: API keys, increases of budgets, model calls, records; a JSON line each.',
    examples: ['isthmus export --user u42 > u42.jsonl'],
    json: 'it always is JSON lines',
  })
    .requiredOption('--user <id>', 'the caller’s id, as `isthmus costs --by principal` lists it')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(({ config, user }: ExportOptions) =>
      withRecords(config, async (records, store) => {
        for await (const line of linesOf(store, records, user)) await writeOut(`${JSON.stringify(line)}\n`);
      }),
    );
}

const pageLength = 500;

async function* linesOf(store: Store, records: RecordStore, user: string): AsyncGenerator<object> {
  for (const { hash: _, ...key } of await store.apiKeys.list())
    if (key.name === user || `key:${key.id}` === user) yield { kind: 'api_key', ...key };
  const raises = (await store.budgetRaises.changedSince(undefined))?.raises ?? [];
  for (const raise of raises) if (raise.subject === user) yield { kind: 'budget_raise', ...raise };
  const span = { from: 0, to: Number.MAX_SAFE_INTEGER, where: { principal: user } };
  for await (const { settled, reserved: _, kind, ...row } of store.ledger.rows(span))
    yield { kind: 'model_call', principalKind: kind, ...row, usd: formatUsd(BigInt(settled)) };
  for await (const { kind, ...record } of recordsOf(records, user))
    yield { kind: 'record', operationKind: kind, ...record };
}

async function* recordsOf(records: RecordStore, principal: string): AsyncGenerator<OperationRecord> {
  const filter = { from: 0, to: Date.now() + 1, principal };
  for (let after: string | undefined; ; ) {
    const page = await records.search({ filter, after, limit: pageLength });
    yield* page.records;
    after = page.records.at(-1)?.id;
    if (!page.hasMore) return;
  }
}
