/**
 * The federation benchmark: Isthmus beside @apollo/gateway, Hive Gateway and a bare proxy, one freshly started process for each
 * line of the table. The gateway has core 0 to itself; load and upstream share core 1. It ends by itself, and never
 * fails on a number: only on answers that are wrong, or missing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apollo } from './gateways/apollo.ts';
import type { BenchGateway } from './gateways/gateway.ts';
import { hive } from './gateways/hive.ts';
import { isthmus } from './gateways/isthmus.ts';
import { proxy } from './gateways/proxy.ts';
import { keepResults } from './keep-results.ts';
import { machine } from './machine.ts';
import { type MeasureOptions, measure } from './measure.ts';
import { readOperations } from './operations.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { startChild, whyUnpinned } from './process/child.ts';
import { renderTables } from './render-tables.ts';
import type { Measured, Measurement, Results } from './results.ts';

const gateways: readonly BenchGateway[] = [isthmus, apollo, hive, proxy];

async function run({ wants, warmUpMs, measuredMs, rounds }: BenchOptions): Promise<Results> {
  const read = readOperations();
  const operations = read.operations.filter(({ name }) => wants('operation', name));
  const chosen = gateways.filter(({ name }) => wants('only', name));
  const skipped = new Map([...read.skipped].filter(([name]) => wants('operation', name)));
  for (const gateway of chosen) {
    const reason = gateway.whyNot();
    if (reason !== undefined) skipped.set(gateway.name, reason);
  }
  for (const [name, reason] of skipped) print(`${name} is skipped: ${reason}`);
  if (whyUnpinned !== undefined) print(`processes are not pinned to cores: ${whyUnpinned}`);

  const measurements: Measurement[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const load = startChild({
    command: [fileURLToPath(new URL('process/load-main.ts', import.meta.url))],
    role: 'driver',
  });
  try {
    for (const graph of new Set(operations.map((operation) => operation.graph))) {
      const ofGraph = operations.filter((operation) => operation.graph === graph);
      const { files, upstream, expected } = await prepareGraph(graph, ofGraph, folder);
      try {
        for (const operation of ofGraph) {
          for (const mode of operation.modes.filter((name) => wants('mode', name))) {
            print(`\n${operation.title}; ${operation.connections} connections; ${mode}`);
            for (const gateway of chosen.filter(({ name }) => !skipped.has(name))) {
              const subject = { operation: operation.name, mode, gateway: gateway.name };
              try {
                const measured = await medianOf(rounds, {
                  gateway,
                  operation,
                  mode,
                  files,
                  upstream,
                  load,
                  expected,
                  warmUpMs,
                  measuredMs,
                });
                measurements.push(measured);
                print(lineOf(gateway.title, measured));
              } catch (error) {
                const reason = error instanceof Error ? error.message : String(error);
                measurements.push({ kind: 'failed', ...subject, reason: reason.slice(0, 1_000) });
                print(`  ${gateway.title}: FAILED: ${reason}`);
              }
            }
          }
        }
      } finally {
        await upstream.end();
      }
    }
  } finally {
    await load.end();
    rmSync(folder, { recursive: true, force: true });
  }

  return {
    date: new Date().toISOString(),
    machine: machine(),
    versions: {
      node: process.version,
      ...Object.fromEntries(
        chosen.filter(({ name }) => !skipped.has(name)).map(({ name, version }) => [name, version()]),
      ),
    },
    warmUpSeconds: warmUpMs / 1000,
    measuredSeconds: measuredMs / 1000,
    rounds,
    ...(whyUnpinned === undefined ? {} : { unpinned: whyUnpinned }),
    operations: operations.map(({ name, title, connections }) => ({ name, title, connections })),
    skipped: Object.fromEntries(skipped),
    measurements,
  };
}

/** The median by CPU time; a wrong answer in any round is what counts. */
async function medianOf(rounds: number, options: MeasureOptions): Promise<Measured> {
  const all: Measured[] = [];
  for (let round = 0; round < rounds; round++) all.push(await measure(options));
  all.sort((a, b) => a.cpuMsPerRequest - b.cpuMsPerRequest);
  return all.find(({ wrong }) => wrong !== undefined) ?? (all[Math.floor((rounds - 1) / 2)] as Measured);
}

function lineOf(title: string, measured: Measured): string {
  const { cpuMsPerRequest, requestsPerSecond, p50Ms, p99Ms, peakRssMb, subgraphRequestsPerRequest, wrong } = measured;
  const numbers = [
    `${cpuMsPerRequest.toFixed(3)} ms CPU`,
    `${requestsPerSecond.toFixed(1)}/s`,
    `p50 ${p50Ms.toFixed(1)} ms`,
    `p99 ${p99Ms.toFixed(1)} ms`,
    `${peakRssMb.toFixed(0)} MB`,
    `${subgraphRequestsPerRequest.toFixed(2)} subgraph requests`,
    `driver core ${(measured.driverBusy * 100).toFixed(0)} %`,
  ];
  return `  ${title.padEnd(34)} ${numbers.join(' · ')}${wrong === undefined ? '' : `\n    WRONG: ${wrong}`}`;
}

export async function runFederation(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  if (options === 'help') return print(usage);
  const results = await run(options);
  print(`\n${renderTables(results)}`);
  if (options.output !== undefined) keepResults(options.output, results);
  if (results.measurements.some((one) => one.kind === 'failed' || one.wrong !== undefined)) process.exitCode = 1;
}
