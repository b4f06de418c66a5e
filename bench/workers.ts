/**
 * Two workers beside one thread, in interleaved rounds: CPU for each request, and requests per second with load, upstream and
 * gateway on the same two cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isthmusWorkers } from './gateways/isthmus.ts';
import { measure } from './measure.ts';
import { median } from './median.ts';
import { readOperations } from './operations.ts';
import { readOptions, usage } from './options.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { startChild } from './process/child.ts';
import type { Measured } from './results.ts';

const subjects = [isthmusWorkers(1), isthmusWorkers(2)] as const;

export async function runWorkers(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  if (options === 'help') return print(usage);
  const { wants, warmUpMs, measuredMs, rounds } = options;
  const operations = readOperations().operations.filter(({ name }) => wants('operation', name) && isCompared(name));
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const main = fileURLToPath(new URL('process/load-main.ts', import.meta.url));
  const load = startChild({ command: [main], role: 'unpinned' });
  try {
    for (const operation of operations) {
      const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], folder, 'unpinned');
      const measured: [Measured[], Measured[]] = [[], []];
      try {
        for (let round = 0; round < rounds; round++) {
          for (const [index, gateway] of subjects.entries()) {
            const common = { gateway, operation, files, upstream, load, expected, warmUpMs, measuredMs };
            measured[index]?.push(await measure({ ...common, mode: 'separate' }));
          }
        }
      } finally {
        await upstream.end();
      }
      printRatios(operation.title, measured);
    }
  } finally {
    await load.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function isCompared(operation: string): boolean {
  return operation === 'benchmark' || operation === 'flat';
}

function printRatios(title: string, [one, two]: readonly [readonly Measured[], readonly Measured[]]): void {
  print(`\n${title}`);
  for (const [index, { title: name }] of subjects.entries()) {
    const rounds = index === 0 ? one : two;
    const wrong = rounds.find((round) => round.wrong !== undefined)?.wrong;
    const numbers = [
      `${median(rounds.map(({ cpuMsPerRequest }) => cpuMsPerRequest)).toFixed(3)} ms CPU`,
      `${median(rounds.map(({ requestsPerSecond }) => requestsPerSecond)).toFixed(0)}/s`,
      `p99 ${median(rounds.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
      `${median(rounds.map(({ peakRssMb }) => peakRssMb)).toFixed(0)} MB`,
    ];
    print(`  ${name.padEnd(24)} ${numbers.join(' · ')}${wrong === undefined ? '' : ` WRONG: ${wrong}`}`);
    if (wrong !== undefined) process.exitCode = 1;
  }
  const ratio = (value: (round: Measured) => number): string =>
    median(two.map((round, index) => value(round) / value(one[index] ?? round))).toFixed(2);
  const cpu = ratio(({ cpuMsPerRequest }) => cpuMsPerRequest);
  const rate = ratio(({ requestsPerSecond }) => requestsPerSecond);
  print(`  two against one: ${cpu} of the CPU per request, ${rate} of the requests per second`);
}
