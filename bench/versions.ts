/**
 * Two versions of the gateway beside each other: `node bench/versions.ts --before ../before --operation flat`. Both run at
 * once on one core and take turns under load, so that whatever else the machine does meets both alike. The figure is the
 * ratio of their CPU per request: of each round, and of the least of the rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { heapFlags } from './gateways/heap-flags.ts';
import { writeSupergraphYaml } from './gateways/isthmus.ts';
import { median } from './median.ts';
import { readOperations } from './operations.ts';
import { prepareGraph } from './prepare-graph.ts';
import { type Child, startChild } from './process/child.ts';
import { freePort } from './process/free-port.ts';
import type { LoadOptions, LoadReport } from './process/load-main.ts';
import type { Usage } from './process/probe.ts';
import { untilReady, verify } from './verify.ts';

const { values } = parseArgs({
  options: {
    /** A checkout of the other version, with its node_modules. */
    before: { type: 'string' },
    operation: { type: 'string', default: 'benchmark' },
    rounds: { type: 'string', default: '10' },
    /** Seconds of a turn. */
    turn: { type: 'string', default: '1' },
    /** Turns that are not counted. */
    warmup: { type: 'string', default: '5' },
  },
});
const { before } = values;
if (before === undefined) throw new Error('name the checkout of the other version: --before <folder>');
const names = values.operation.split(',');
const operations = readOperations().operations.filter(({ name }) => names.includes(name));
if (operations.length !== names.length)
  throw new Error(`not all of ${values.operation} are operations of the benchmark`);

interface Version {
  readonly child: Child;
  readonly port: number;
  readonly cpuMs: number[];
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const scratch = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
const load = startChild({ command: [fileURLToPath(new URL('process/load-main.ts', import.meta.url))], role: 'driver' });

async function start(folder: string, config: string): Promise<Version> {
  const port = await freePort();
  const command = [...heapFlags, 'src/cli/main.ts', 'serve', '--config', config, '--port', String(port)];
  const child = startChild({ command, role: 'gateway', folder });
  await untilReady(port, '/graphql', child.hasEnded);
  return { child, port, cpuMs: [] };
}

/** @returns milliseconds of CPU for each request */
async function turn({ child, port }: Version, options: Omit<LoadOptions, 'port' | 'path'>): Promise<number> {
  const from = await child.ask<Usage>('usage');
  await load.ask('start', { ...options, port, path: '/graphql' });
  await pause(Number(values.turn) * 1_000);
  const { tookMs, wrong } = await load.ask<LoadReport>('stop');
  const to = await child.ask<Usage>('usage');
  if (wrong > 0) throw new Error(`${wrong} answers are wrong`);
  return (to.cpuMs - from.cpuMs) / tookMs.length;
}

try {
  for (const operation of operations) {
    const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], scratch);
    const config = writeSupergraphYaml(files, 'separate');
    const versions = await Promise.all([resolve(before), process.cwd()].map((folder) => start(folder, config)));
    const [earlier, later] = versions as [Version, Version];
    try {
      const { answerBytes, difference } = await verify(later.port, '/graphql', operation, expected);
      if (difference !== undefined) throw new Error(difference);
      const { bodies, connections } = operation;
      for (let round = -Number(values.warmup); round < Number(values.rounds); round++) {
        // Who goes first changes.
        for (const version of round % 2 === 0 ? [earlier, later] : [later, earlier]) {
          const cpuMs = await turn(version, { connections, bodies, answerBytes });
          if (round >= 0) version.cpuMs.push(cpuMs);
        }
      }
      const ratios = later.cpuMs.map((cpuMs, index) => cpuMs / (earlier.cpuMs[index] ?? Number.NaN));
      const least = versions.map(({ cpuMs }) => Math.min(...cpuMs)) as [number, number];
      const rss = await Promise.all(versions.map(({ child }) => child.ask<Usage>('usage')));
      console.log(
        `${operation.name.padEnd(12)} ratio: median ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), of the least ${(least[1] / least[0]).toFixed(3)}; ms: least ${least.map((ms) => ms.toFixed(3)).join(' and ')}; peak RSS ${rss.map(({ peakRssMb }) => peakRssMb.toFixed(0)).join(' and ')} MB`,
      );
    } finally {
      await Promise.all([...versions.map(({ child }) => child.end()), upstream.end()]);
    }
  }
} finally {
  await load.end();
  rmSync(scratch, { recursive: true, force: true });
}
