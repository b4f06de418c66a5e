/** `isthmus limits`: limits that fit what clients really send. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { messageOf } from '../errors/index.ts';
import { suggestLimits } from '../limits/index.ts';
import { fail } from './fail.ts';

export function limitsCommand(): Command {
  return new Command('limits')
    .description('Limits of operations.')
    .addCommand(
      new Command('suggest')
        .description(
          'Suggest limits from a recorded log: together they would have refused under 0.1 % of its requests.',
        )
        .argument('<log...>', 'files of JSON lines that a gateway with limits.mode: measure has logged; - is the input')
        .option('--json', 'write JSON', false)
        .action(suggest),
    );
}

async function suggest(files: readonly string[], { json }: { readonly json: boolean }): Promise<void> {
  const requests: Readonly<Record<string, number>>[] = [];
  for (const file of files) {
    try {
      const input = file === '-' ? process.stdin : createReadStream(file);
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        const sizes = sizesOf(line);
        if (sizes !== undefined) requests.push(sizes);
      }
    } catch (error) {
      fail(messageOf(error), 2);
      return;
    }
  }
  if (requests.length === 0) {
    fail('No request in the log has sizes: serve with `limits.mode: measure` for a day, and log JSON.');
    return;
  }
  const suggested = suggestLimits(requests);
  if (json) {
    process.stdout.write(`${JSON.stringify({ requests: requests.length, limits: suggested }, null, 2)}\n`);
    return;
  }
  const lines = suggested.map(({ key, limit, largest, refused }) => {
    const entry = key === 'cost' ? `cost: { max: ${limit} }` : `${key}: ${limit}`;
    return `  ${entry.padEnd(26)}# the largest was ${largest}; ${refused} of ${requests.length} requests had more`;
  });
  process.stdout.write(`limits:\n${lines.join('\n')}\n`);
}

/** The sizes of a request's line; undefined for any other line. */
function sizesOf(line: string): Readonly<Record<string, number>> | undefined {
  if (!line.startsWith('{')) return undefined;
  let fields: { readonly sizes?: unknown; readonly costEstimated?: unknown };
  try {
    fields = JSON.parse(line) as typeof fields;
  } catch {
    return undefined; // the last line of a log that is being written
  }
  const { sizes, costEstimated } = fields;
  if (sizes === null || typeof sizes !== 'object') return undefined;
  const all = { ...sizes, cost: costEstimated };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
}
