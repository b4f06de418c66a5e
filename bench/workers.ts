/**
 * Two workers beside one thread, in interleaved rounds: CPU for each request or model call, and how many a second with load,
 * upstream and gateway on the same two cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureCalls } from './ai/measure-calls.ts';
import { type Subject, serve, subjects } from './ai/subjects.ts';
import { workloads } from './ai/workloads.ts';
import { isthmusWorkers } from './gateways/isthmus.ts';
import { measure } from './measure.ts';
import { median } from './median.ts';
import { readOperations } from './operations.ts';
import { readOptions, usage } from './options.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { startChild } from './process/child.ts';

const titles = ['one thread', 'two workers'] as const;

/** What is sent to `/v1`, each with everything on: distinct calls, and those that the cache has. */
const calls = [
  { name: 'call', subject: 'isthmus', title: '/v1, distinct calls' },
  { name: 'hits', subject: 'isthmus-hits', title: '/v1, cache hits' },
] as const;

interface Round {
  readonly cpuMs: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly peakRssMb: number;
  readonly wrong: string | undefined;
}

export async function runWorkers(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  if (options === 'help') return print(usage);
  const { wants, warmUpMs, measuredMs, rounds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const main = fileURLToPath(new URL('process/load-main.ts', import.meta.url));
  const load = startChild({ command: [main], role: 'unpinned' });

  async function compare(title: string, measureOnce: (workers: number) => Promise<Round>): Promise<void> {
    const measured: [Round[], Round[]] = [[], []];
    for (let round = 0; round < rounds; round++)
      for (const [index, ofThem] of measured.entries()) ofThem.push(await measureOnce(index + 1));
    printRatios(title, measured);
  }

  try {
    const operations = readOperations().operations.filter(({ name }) => name === 'benchmark' || name === 'flat');
    for (const operation of operations.filter(({ name }) => wants('operation', name))) {
      const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], folder, 'unpinned');
      const common = { operation, files, upstream, load, expected, warmUpMs, measuredMs };
      try {
        await compare(operation.title, async (workers) => {
          const gateway = isthmusWorkers(workers);
          const { cpuMsPerRequest, requestsPerSecond, p99Ms, peakRssMb, wrong } = await measure({
            ...common,
            gateway,
            mode: 'separate',
          });
          return { cpuMs: cpuMsPerRequest, perSecond: requestsPerSecond, p99Ms, peakRssMb, wrong };
        });
      } finally {
        await upstream.end();
      }
    }
    const workload = workloads.find(({ name }) => name === 'call');
    for (const { name, subject, title } of calls) {
      const found = subjects.find((one) => one.name === subject);
      if (workload === undefined || found === undefined || !wants('operation', name)) continue;
      await compare(title, async (workers) => {
        const started: Subject = { ...found, start: (start) => serve(start, false, workers) };
        const common = { workload, load, warmUpMs, measuredMs, providerRole: 'unpinned' } as const;
        const { cpuMsPerCall, callsPerSecond, p99Ms, peakRssMb, wrong } = await measureCalls({
          ...common,
          subject: started,
        });
        return { cpuMs: cpuMsPerCall, perSecond: callsPerSecond, p99Ms, peakRssMb, wrong };
      });
    }
  } finally {
    await load.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function printRatios(title: string, measured: readonly [readonly Round[], readonly Round[]]): void {
  print(`\n${title}`);
  for (const [index, rounds] of measured.entries()) {
    const wrong = rounds.find((round) => round.wrong !== undefined)?.wrong;
    const numbers = [
      `${median(rounds.map(({ cpuMs }) => cpuMs)).toFixed(3)} ms CPU`,
      `${median(rounds.map(({ perSecond }) => perSecond)).toFixed(0)}/s`,
      `p99 ${median(rounds.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
      `${median(rounds.map(({ peakRssMb }) => peakRssMb)).toFixed(0)} MB`,
    ];
    print(`  ${titles[index]?.padEnd(12)} ${numbers.join(' · ')}${wrong === undefined ? '' : ` WRONG: ${wrong}`}`);
    if (wrong !== undefined) process.exitCode = 1;
  }
  const [one, two] = measured;
  const ratio = (value: (round: Round) => number): string =>
    median(two.map((round, index) => value(round) / value(one[index] ?? round))).toFixed(2);
  print(
    `  two against one: ${ratio(({ cpuMs }) => cpuMs)} of the CPU, ${ratio(({ perSecond }) => perSecond)} of those a second`,
  );
}
