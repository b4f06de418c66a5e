/** `isthmus audit`: who changed what, from the store's audit log. */
import type { Command } from 'commander';
import type { RecordedAuditEntry } from '../store/index.ts';
import { cliCommand } from './frame/cli-command.ts';
import { printResult } from './frame/print-result.ts';
import { readLimit } from './options/read-limit.ts';
import { printable } from './printable.ts';
import { withStore } from './with-store.ts';

type DatedEntry = Omit<RecordedAuditEntry, 'at'> & { readonly at: string };

interface AuditOptions {
  readonly config: string;
  readonly json: boolean;
  readonly limit: number;
}

export function auditCommand(): Command {
  return cliCommand('audit', {
    description: 'List the newest changes of what the store has, such as API keys: who, what, before, after.',
    examples: ['isthmus audit', 'isthmus audit --limit 500 --json'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--limit <number>', 'how many', readLimit, 50)
    .action(({ config, json, limit }: AuditOptions) =>
      withStore(config, async ({ auditLog }) => {
        const entries = await auditLog.newest(limit);
        const dated = entries.map(({ at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry }));
        printResult({ json }, dated, () => dated.map(lineOf).join('\n'));
      }),
    );
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
