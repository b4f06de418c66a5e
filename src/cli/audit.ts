/** `isthmus audit`: who changed what, from the store's audit log. */
import { Command } from 'commander';
import { printable } from './printable.ts';
import { readLimit } from './read-limit.ts';
import { withStore } from './with-store.ts';

interface AuditOptions {
  readonly config: string;
  readonly json: boolean;
  readonly limit: number;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('List the newest changes of what the store has, such as API keys: who, what, before, after.')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--json', 'write JSON', false)
    .option('--limit <number>', 'how many', readLimit, 50)
    .action(({ config, json, limit }: AuditOptions) =>
      withStore(config, async ({ auditLog }) => {
        const entries = await auditLog.newest(limit);
        const dated = entries.map(({ at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry }));
        if (json) process.stdout.write(`${JSON.stringify(dated, null, 2)}\n`);
        for (const { at, actor, action, target, before, after } of json ? [] : dated)
          process.stdout.write(`${at}  ${printable(actor)}  ${action}  ${target}  ${changes(before, after)}\n`);
      }),
    );
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
