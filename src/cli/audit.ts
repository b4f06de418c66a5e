/** `isthmus audit`: who changed what, from the store's audit log. */
import type { Command } from 'commander';
import { isoTime } from '../lib/index.ts';
import type { RecordedAuditEntry } from '../store/index.ts';
import { type AdminAddress, askAdminGraph } from './frame/ask-admin.ts';
import { cliCommand } from './frame/cli-command.ts';
import { printResult } from './frame/print-result.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from './frame/store-or-gateway.ts';
import { readLimit } from './options/read-limit.ts';
import { printable } from './printable.ts';
import { withStore } from './with-store.ts';

type DatedEntry = Omit<RecordedAuditEntry, 'id' | 'at'> & { readonly at: string };

interface AuditOptions extends StoreOptions {
  readonly json: boolean;
  readonly limit: number;
}

/** Ten thousand entries. */
const maxAnswerBytes = 64_000_000;

export function auditCommand(): Command {
  const command = cliCommand('audit', {
    description: 'List the newest changes of what the store has, such as API keys: who, what, before, after.',
    examples: [
      'isthmus audit',
      'isthmus audit --limit 500 --json',
      'isthmus audit --gateway https://shop.example:4400',
    ],
  }).option('--limit <number>', 'how many', readLimit, 50);
  return withStoreOrGateway(command, 'admin:read').action(async ({ limit, json, ...from }: AuditOptions) => {
    const address = addressOf(from);
    const entries = await (address === undefined ? readStore(from, limit) : askGateway(address, limit));
    printResult({ json }, entries, () => entries.map(lineOf).join('\n'));
  });
}

function readStore({ config }: StoreOptions, limit: number): Promise<readonly DatedEntry[]> {
  return withStore(config, async ({ auditLog }) =>
    (await auditLog.newest(limit)).map(({ at, ...entry }) => datedEntry({ ...entry, at: isoTime(at) })),
  );
}

async function askGateway(address: AdminAddress, limit: number): Promise<readonly DatedEntry[]> {
  const query = 'query Audit($limit: Int!) { audit(limit: $limit) { id at actor action target before after } }';
  const { audit } = await askAdminGraph(address, query, { limit }, { maxAnswerBytes });
  return (audit as readonly (DatedEntry & { readonly id: string })[]).map(datedEntry);
}

function datedEntry({ id, at, actor, action, target, before, after }: DatedEntry & { readonly id: number | string }) {
  return { id: Number(id), at, actor, action, target, before: before ?? null, after: after ?? null };
}

function lineOf({ at, actor, action, target, before, after }: DatedEntry): string {
  return `${at}  ${printable(actor)}  ${action}  ${target}  ${changes(before, after)}`;
}

/** The fields that differ. */
function changes(before: unknown, after: unknown): string {
  const [from, to] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const changed = names.filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]));
  return changed.map((name) => printable(`${name}: ${text(from[name])} → ${text(to[name])}`)).join(', ');
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (value ?? {}) as Record<string, unknown>;
const text = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value));
