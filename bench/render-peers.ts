/** What `npm run bench -- peers` leaves in bench/results/peers.json, and its tables. */
import type { Results } from './results.ts';

export interface PeersResults {
  /** ISO 8601. */
  readonly date: string;
  readonly commit: string;
  readonly machine: Results['machine'];
  readonly versions: Readonly<Record<string, string>>;
  readonly warmUpSeconds: number;
  readonly measuredSeconds: number;
  readonly rounds: number;
  readonly unpinned?: string;
  /** What was not measured, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly rows: readonly PeerRow[];
}

/** Medians of the rounds. */
export interface PeerRow {
  readonly workload: string;
  readonly title: string;
  readonly cpuMsPerRequest: number;
  /** CPU per request as a multiple of the bare proxy's of the same round. */
  readonly ratio: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakRssMb: number;
  readonly upstreamRequests: number;
  /** What was wrong about its answers; absent where nothing was. */
  readonly wrong?: string;
}

export function renderPeers({
  date,
  commit,
  machine,
  versions,
  rounds,
  skipped,
  rows,
  warmUpSeconds,
  measuredSeconds,
}: PeersResults): string {
  const lines = [
    `${date.slice(0, 10)}, commit ${commit}, ${machine.processor}, ${machine.cores} cores; ${rounds === 1 ? 'one round' : `medians of ${rounds} interleaved rounds`}, ${warmUpSeconds} s of warm-up and ${measuredSeconds} s measured each.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ];
  for (const workload of new Set(rows.map((row) => row.workload))) {
    lines.push(
      '',
      `**${workload}**`,
      '',
      '| | CPU ms per request | of the proxy | requests/s | p50 ms | p99 ms | RSS MB | requests upstream |',
      '|---|--:|--:|--:|--:|--:|--:|--:|',
    );
    for (const row of rows.filter((one) => one.workload === workload)) {
      const numbers = [
        row.cpuMsPerRequest.toFixed(3),
        row.ratio.toFixed(2),
        row.requestsPerSecond.toFixed(0),
        row.p50Ms.toFixed(1),
        row.p99Ms.toFixed(1),
        row.peakRssMb.toFixed(0),
        row.upstreamRequests.toFixed(2),
      ];
      lines.push(`| ${row.title}${row.wrong === undefined ? '' : ' (wrong answers)'} | ${numbers.join(' | ')} |`);
    }
  }
  for (const [title, reason] of Object.entries(skipped)) lines.push('', `${title} was not measured: ${reason}.`);
  return lines.join('\n');
}
