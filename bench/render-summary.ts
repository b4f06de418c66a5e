/** The results as one short table for the docs: CPU per request of every gateway, and its ratio to @apollo/gateway. */
import type { GatewayName } from './gateways/gateway.ts';
import { digits, gatewayTitles } from './render-tables.ts';
import type { Measured, Results } from './results.ts';

const gateways: readonly GatewayName[] = ['isthmus', 'apollo', 'hive', 'proxy'];

/** @param lines how many rows at most; all where it is left out */
export function renderSummary({ operations, measurements }: Results, { lines: most = Infinity } = {}): string {
  const measured = measurements.filter((one): one is Measured => one.kind === 'measured');
  const lines = [
    `| CPU ms per request | ${gateways.map((gateway) => gatewayTitles[gateway]).join(' | ')} |`,
    '|---|--:|--:|--:|--:|',
  ];
  for (const { name, title } of operations) {
    for (const mode of ['separate', 'shared'] as const) {
      const row = (gateway: GatewayName) =>
        measured.find((one) => one.operation === name && one.mode === mode && one.gateway === gateway);
      const apollo = row('apollo')?.cpuMsPerRequest;
      if (row('isthmus') === undefined) continue;
      const cells = gateways.map((gateway) => {
        const cpu = row(gateway)?.cpuMsPerRequest;
        if (cpu === undefined) return '';
        return gateway === 'apollo' || apollo === undefined
          ? digits(cpu)
          : `${digits(cpu)} (1/${digits(apollo / cpu)})`;
      });
      lines.push(`| ${title}${mode === 'shared' ? ', identical requests' : ''} | ${cells.join(' | ')} |`);
    }
  }
  return lines.slice(0, 2 + most).join('\n');
}
