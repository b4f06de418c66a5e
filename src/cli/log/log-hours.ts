/** `isthmus log hours`: operations, AI fields or model calls of each hour or day, summed. */
import type { Command } from 'commander';
import { formatUsd, isoTime, stepMs } from '../../lib/index.ts';
import { quantile, type SumDimension, sumDimensions } from '../../observability/records/index.ts';
import type { RecordGroup } from '../../store/records/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { readDimensions, readStep } from '../options/read-grouping.ts';
import { withTimeSpan } from '../options/with-time-span.ts';
import { printable } from '../printable.ts';
import { milliseconds } from './log-lines.ts';
import { remoteHours } from './remote-records.ts';
import { withRecords } from './with-records.ts';

interface HoursOptions extends StoreOptions, Readonly<Partial<Record<SumDimension, string>>> {
  readonly by: readonly SumDimension[];
  readonly per?: 'hour' | 'day';
  readonly since: number;
  readonly until?: number;
  readonly json?: boolean;
}

export interface HourRow {
  /** When the step begins. */
  readonly at: number;
  /** By dimension; undefined: what has none. */
  readonly of: ReadonlyMap<SumDimension, string | undefined>;
  readonly count: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** An exact decimal. */
  readonly usd: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function hoursCommand(): Command {
  const command = cliCommand('hours', {
    description: 'Sum the operations of whole hours, kept or not; by field or model, the AI fields or model calls.',
    examples: [
      'isthmus log hours --by operation,client --since 7d',
      'isthmus log hours --by model --per day --no-json',
    ],
    json: 'write JSON lines; default: unless in a terminal',
  })
    .option('--by <list>', `what to sum by: ${sumDimensions.join(', ')}`, readDimensions(sumDimensions), ['operation'])
    .option('--per <step>', 'sums of each hour or day, in UTC', readStep);
  for (const dimension of sumDimensions) command.option(`--${dimension} <name>`, `of this ${dimension} alone`);
  return withTimeSpan(withStoreOrGateway(command, 'admin:read'), '24h')
    .option('--no-json', 'write a table')
    .action((options: HoursOptions) => printHours(options));
}

async function printHours(options: HoursOptions): Promise<void> {
  const { config, by, per, since, until = Date.now(), json = !process.stdout.isTTY } = options;
  const where = Object.fromEntries(
    sumDimensions.flatMap((dimension) => (options[dimension] === undefined ? [] : [[dimension, options[dimension]]])),
  );
  const request = { from: since, to: until, by, where };
  const address = addressOf(options);
  const everyMs = per === undefined ? undefined : stepMs[per];
  const rows = await (address === undefined
    ? withRecords(config, async (records) => (await records.sums({ ...request, everyMs })).map(toRow))
    : remoteHours(address, { ...request, per }));
  const sorted = rows.toSorted((a, b) => a.at - b.at || b.count - a.count);
  if (json) for (const row of sorted) process.stdout.write(`${JSON.stringify(toJson(row, per))}\n`);
  else if (rows.length === 0) process.stdout.write('nothing was recorded in this time\n');
  else process.stdout.write(`${tableOf(sorted, by, per).join('\n')}\n`);
}

function toRow({ durations, nanoUsd, ...group }: RecordGroup): HourRow {
  return {
    ...group,
    p50Ms: quantile(durations, 0.5),
    p95Ms: quantile(durations, 0.95),
    p99Ms: quantile(durations, 0.99),
    usd: formatUsd(nanoUsd),
  };
}

function tableOf(rows: readonly HourRow[], by: readonly SumDimension[], per: HoursOptions['per']) {
  const names = [...(per === undefined ? [] : [per]), ...by];
  const head = [...names, 'count', 'errors', 'p50 ms', 'p95 ms', 'p99 ms', 'usd', 'tokens in', 'out'];
  const cells = rows.map((row) => [
    ...(per === undefined ? [] : [isoTime(row.at).slice(0, per === 'day' ? 10 : 16)]),
    ...by.map((dimension) => printable(row.of.get(dimension) ?? '-')),
    ...[String(row.count), String(row.errors)],
    ...[row.p50Ms, row.p95Ms, row.p99Ms].map(milliseconds),
    ...[row.usd, String(row.inputTokens), String(row.outputTokens)],
  ]);
  return alignColumns([head, ...cells]);
}

function toJson({ at, of, ...row }: HourRow, per: HoursOptions['per']) {
  const { count, errors, p50Ms, p95Ms, p99Ms, usd, inputTokens, outputTokens } = row;
  return {
    ...(per === undefined ? {} : { at: isoTime(at) }),
    ...Object.fromEntries([...of].map(([dimension, name]) => [dimension, name ?? null])),
    count,
    errors,
    p50Ms: round(p50Ms),
    p95Ms: round(p95Ms),
    p99Ms: round(p99Ms),
    usd,
    inputTokens,
    outputTokens,
  };
}

const round = (number: number): number => Math.round(number * 100) / 100;
