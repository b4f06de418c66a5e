/**
 * `npm run bench -- peers`: Isthmus beside @apollo/gateway, Hive Gateway, Portkey and a bare proxy, in interleaved rounds:
 * every round measures each subject once, in a fresh process, and the ratio to the proxy is that of the same round. Of the
 * rounds the medians count. Isthmus with one thread and two workers, with its features off and on. The results go to
 * bench/results, with date, commit and machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureCalls } from './ai/measure-calls.ts';
import { portkeyVersion, type Subject, serve, subjects } from './ai/subjects.ts';
import { workloads } from './ai/workloads.ts';
import { apollo } from './gateways/apollo.ts';
import type { BenchGateway } from './gateways/gateway.ts';
import { hive } from './gateways/hive.ts';
import { isthmus, isthmusLogged, isthmusWorkers } from './gateways/isthmus.ts';
import { proxy } from './gateways/proxy.ts';
import { machine } from './machine.ts';
import { measure } from './measure.ts';
import { median } from './median.ts';
import { readOperations } from './operations.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { prepareGraph } from './prepare-graph.ts';
import { print } from './print.ts';
import { startChild, whyUnpinned } from './process/child.ts';
import { type PeerRow, type PeersResults, renderPeers } from './render-peers.ts';

type Round = Omit<PeerRow, 'workload' | 'title' | 'ratio' | 'wrong'> & { readonly wrong: string | undefined };

/** One line of a table: how it is measured once. */
interface Line {
  readonly title: string;
  readonly measure: () => Promise<Round>;
}

const gateways: readonly BenchGateway[] = [proxy, isthmus, isthmusLogged, isthmusWorkers(2), apollo, hive];

function callSubjects(): readonly Subject[] {
  const named = (name: Subject['name']): Subject => {
    const subject = subjects.find((one) => one.name === name);
    if (subject === undefined) throw new Error(`no subject is called ${name}`);
    return subject;
  };
  const everything = named('isthmus');
  return [
    named('proxy'),
    { ...named('isthmus-bare'), title: 'Isthmus, features off' },
    { ...everything, title: 'Isthmus, guardrails, cache, limits, log' },
    { ...everything, title: 'Isthmus, the same, 2 workers', start: (start) => serve(start, false, 2) },
    named('isthmus-hits'),
    named('portkey'),
  ];
}

export async function runPeers(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  if (options === 'help') return print(usage);
  const { wants, warmUpMs, measuredMs } = options;
  const load = startChild({
    command: [fileURLToPath(new URL('process/load-main.ts', import.meta.url))],
    role: 'driver',
  });
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  const rows: PeerRow[] = [];
  const skipped: Record<string, string> = {};
  try {
    for (const operation of readOperations().operations.filter(({ name }) => wants('operation', name))) {
      if (operation.name !== 'benchmark' && operation.name !== 'flat') continue;
      const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], folder);
      const common = { operation, mode: 'separate', files, upstream, load, expected, warmUpMs, measuredMs } as const;
      const lines = usable(gateways, wants, skipped).map(
        (gateway): Line => ({
          title: gateway.title,
          measure: async () => {
            const { cpuMsPerRequest, requestsPerSecond, p50Ms, p99Ms, peakRssMb, subgraphRequestsPerRequest, wrong } =
              await measure({ ...common, gateway });
            const upstreamRequests = subgraphRequestsPerRequest;
            return { cpuMsPerRequest, requestsPerSecond, p50Ms, p99Ms, peakRssMb, upstreamRequests, wrong };
          },
        }),
      );
      try {
        rows.push(...(await measureLines(operation.title, lines, options)));
      } finally {
        await upstream.end();
      }
    }
    const workload = workloads.find(({ name }) => name === 'call');
    if (workload !== undefined && wants('operation', 'call')) {
      const lines = usable(callSubjects(), wants, skipped).map(
        (subject): Line => ({
          title: subject.title,
          measure: async () => {
            const call = await measureCalls({ subject, workload, load, warmUpMs, measuredMs });
            const { cpuMsPerCall: cpuMsPerRequest, callsPerSecond: requestsPerSecond, p50Ms, p99Ms, peakRssMb } = call;
            const { providerCallsPerCall: upstreamRequests, wrong } = call;
            return { cpuMsPerRequest, requestsPerSecond, p50Ms, p99Ms, peakRssMb, upstreamRequests, wrong };
          },
        }),
      );
      rows.push(...(await measureLines(`/v1, ${workload.title}`, lines, options)));
    }
  } finally {
    await load.end();
    rmSync(folder, { recursive: true, force: true });
  }
  write({
    date: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: machine(),
    versions: {
      node: process.version,
      apollo: apollo.version(),
      ...(hive.whyNot() === undefined ? { hive: hive.version(), portkey: portkeyVersion() } : {}),
    },
    warmUpSeconds: warmUpMs / 1_000,
    measuredSeconds: measuredMs / 1_000,
    rounds: options.rounds,
    ...(whyUnpinned === undefined ? {} : { unpinned: whyUnpinned }),
    skipped,
    rows,
  });
}

function usable<One extends { readonly name: string; readonly title: string; whyNot(): string | undefined }>(
  all: readonly One[],
  wants: BenchOptions['wants'],
  skipped: Record<string, string>,
): readonly One[] {
  return all.filter(({ name, title, whyNot }) => {
    if (!wants('only', name)) return false;
    const reason = whyNot();
    if (reason !== undefined) skipped[title] = reason;
    return reason === undefined;
  });
}

/** Every round measures each line once; a line that fails once has no row. */
async function measureLines(workload: string, lines: readonly Line[], { rounds }: BenchOptions): Promise<PeerRow[]> {
  print(`\n${workload}`);
  const measured = new Map<Line, Round[]>(lines.map((line) => [line, []]));
  for (let round = 0; round < rounds; round++) {
    for (const line of lines) {
      try {
        const one = await line.measure();
        measured.get(line)?.push(one);
        print(`  ${line.title.padEnd(42)} ${one.cpuMsPerRequest.toFixed(3)} ms CPU · ${one.peakRssMb.toFixed(0)} MB`);
      } catch (error) {
        print(`  ${line.title}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
  }
  const floors = lines[0] === undefined ? [] : (measured.get(lines[0]) ?? []);
  return lines.flatMap((line) => {
    const all = measured.get(line) ?? [];
    if (all.length < rounds) return [];
    const medianOf = (read: (round: Round) => number): number => median(all.map(read));
    const wrong = all.find((round) => round.wrong !== undefined)?.wrong;
    if (wrong !== undefined) process.exitCode = 1;
    const ratios = all.map((one, index) => one.cpuMsPerRequest / (floors[index]?.cpuMsPerRequest ?? Number.NaN));
    return [
      {
        workload,
        title: line.title,
        ratio: median(ratios),
        cpuMsPerRequest: medianOf((one) => one.cpuMsPerRequest),
        requestsPerSecond: medianOf((one) => one.requestsPerSecond),
        p50Ms: medianOf((one) => one.p50Ms),
        p99Ms: medianOf((one) => one.p99Ms),
        peakRssMb: medianOf((one) => one.peakRssMb),
        upstreamRequests: medianOf((one) => one.upstreamRequests),
        ...(wrong === undefined ? {} : { wrong }),
      },
    ];
  });
}

function write(results: PeersResults): void {
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('peers.json', folder), `${JSON.stringify(results, undefined, 2)}\n`);
  const tables = renderPeers(results);
  writeFileSync(new URL('peers.md', folder), `${tables}\n`);
  print(`\n${tables}\n\nbench/results/peers.json and peers.md are written`);
}
