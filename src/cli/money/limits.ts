/** `isthmus limits`: limits that fit what clients really send. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { suggestLimits } from '../../limits/index.ts';
import { fileFailure } from '../file-failure.ts';
import { cliCommand, commandGroup } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';

export function limitsCommand(): Command {
  return commandGroup('limits', 'Limits of operations.', [
    cliCommand('suggest', {
      description: 'Suggest limits from a recorded log: together they would have refused under 0.1 % of its requests.',
      local: 'it reads a recorded log',
      examples: ['isthmus limits suggest gateway.log', 'kubectl logs gateway-0 | isthmus limits suggest -'],
    })
      .argument('<log...>', 'files of JSON lines that a gateway with limits.mode: measure has logged; - is the input')
      .action(suggest),
  ]);
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
      fail('FILE', `${file === '-' ? 'the input' : file} cannot be read: ${fileFailure(error)}`);
    }
  }
  if (requests.length === 0)
    fail(
      'NOTHING_TO_DO',
      'No request in the log has sizes: serve with `limits.mode: measure` for a day, and log JSON.',
    );
  const suggested = suggestLimits(requests);
  const lines = suggested.map(({ key, limit, largest, refused }) => {
    const entry = key === 'cost' ? `cost: { max: ${limit} }` : `${key}: ${limit}`;
    return `  ${entry.padEnd(26)}# the largest was ${largest}; ${refused} of ${requests.length} requests had more`;
  });
  printResult({ json }, { requests: requests.length, limits: suggested }, () => `limits:\n${lines.join('\n')}`);
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
  return Object.fromEntries(Object.entries(all).filter(isSize));
}

const sizeKeys: ReadonlySet<string> = new Set([
  ...['tokens', 'depth', 'aliases', 'root_fields', 'directives', 'selections', 'fetches', 'representations', 'cost'],
]);

/** A log may be of another version, or of anything. */
function isSize(entry: readonly [string, unknown]): entry is [string, number] {
  const [key, value] = entry;
  return sizeKeys.has(key) && typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
