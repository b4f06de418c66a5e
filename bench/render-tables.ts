/**
 * The results as markdown: a table for each operation and mode, with ratios to @apollo/gateway; then those of model calls
 * and AI fields.
 */
import { renderAi } from './ai/render-ai.ts';
import { renderFields } from './fields/render-fields.ts';
import type { GatewayName } from './gateways/gateway.ts';
import { row } from './markdown.ts';
import type { Measured, Results } from './results.ts';

export const gatewayTitles: Readonly<Record<GatewayName, string>> = {
  isthmus: 'Isthmus',
  apollo: '@apollo/gateway + Apollo Server',
  hive: 'Hive Gateway, Rust planner',
  proxy: 'floor: a bare Node proxy, one hop',
};

const modeTitles = { separate: 'nothing shared', shared: 'identical requests, sharing on' } as const;

const columns = [
  'gateway',
  'CPU ms/request',
  'Apollo ÷ this',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'subgraph requests/request',
  'peak RSS MB',
  'heap MB before → peak → after',
];

export function renderTables(results: Results): string {
  const { operations, measurements, versions, machine, skipped } = results;
  const lines = [
    `${results.date.slice(0, 10)}, ${machine.processor}, Node ${versions.node}: ${results.warmUpSeconds} s warm-up, ${results.measuredSeconds} s measured, the gateway on ${results.unpinned === undefined ? 'a core of its own' : 'no core of its own'}.`,
  ];
  for (const { name, title, connections } of operations) {
    for (const mode of ['separate', 'shared'] as const) {
      const rows = measurements.filter((one) => one.operation === name && one.mode === mode);
      if (rows.length === 0) continue;
      const measured = rows.filter((one) => one.kind === 'measured');
      const apollo = measured.find(({ gateway }) => gateway === 'apollo');
      lines.push('', `**${title}** (${modeTitles[mode]}, ${connections} connections)`, '');
      lines.push(row(columns), row(columns.map((_, index) => (index === 0 ? '---' : '--:'))));
      for (const one of rows) {
        lines.push(
          one.kind === 'measured'
            ? row(cellsOf(one, apollo))
            : row([
                gatewayTitles[one.gateway],
                `failed: ${one.reason.split('\n', 1)[0] ?? ''}`,
                ...columns.slice(2).map(() => ''),
              ]),
        );
      }
    }
  }
  const growth = growthOfLists(results);
  if (growth !== undefined) lines.push('', growth);
  const planners = measurements.flatMap((one) =>
    one.kind === 'measured' && one.childrenCpuMs !== undefined ? [one.childrenCpuMs] : [],
  );
  if (planners.length > 0) {
    lines.push(
      '',
      `Not counted: at most ${digits(Math.max(...planners) / 1000)} s of planner processes, once per start.`,
    );
  }
  for (const [name, reason] of Object.entries(skipped)) lines.push('', `Not measured: ${name}, because ${reason}.`);
  const { ai, fields } = results;
  if (ai !== undefined) lines.push('', '## Model calls', '', renderAi(ai).trimEnd());
  if (fields !== undefined) lines.push('', '## AI fields', '', renderFields(fields).trimEnd());
  return `${lines.join('\n')}\n`;
}

/** Ten times the entities: ten times the time, where time is linear. */
function growthOfLists({ measurements }: Results): string | undefined {
  const cpuOf = (name: string, gateway: GatewayName) =>
    measurements.find(
      (one): one is Measured => one.kind === 'measured' && one.operation === name && one.gateway === gateway,
    )?.cpuMsPerRequest;
  const growths = (Object.keys(gatewayTitles) as GatewayName[]).flatMap((gateway) => {
    const [few, many] = [cpuOf('list-500', gateway), cpuOf('list-5000', gateway)];
    return few === undefined || many === undefined ? [] : [`${gatewayTitles[gateway]} ${digits(many / few)}×`];
  });
  return growths.length === 0 ? undefined : `Ten times the entities cost: ${growths.join(', ')}.`;
}

function cellsOf(one: Measured, apollo: Measured | undefined): string[] {
  const { heapMb } = one;
  return [
    gatewayTitles[one.gateway] + (one.wrong === undefined ? '' : ' (**wrong answer**)'),
    digits(one.cpuMsPerRequest),
    apollo === undefined ? '' : `${digits(apollo.cpuMsPerRequest / one.cpuMsPerRequest)}×`,
    digits(one.requestsPerSecond),
    digits(one.p50Ms),
    digits(one.p99Ms),
    one.gateway === 'proxy' ? '1' : digits(one.subgraphRequestsPerRequest),
    one.peakRssMb.toFixed(0),
    `${heapMb.before.toFixed(0)} → ${heapMb.peak.toFixed(0)} → ${heapMb.after.toFixed(0)}`,
  ];
}

/** Three digits that count. */
export function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
