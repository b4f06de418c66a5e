/** `isthmus log hours`: operations, AI fields or model calls of each hour or day, summed. */
import type { Command } from 'commander';
import { formatUsd, isoTime, stepMs } from '../../lib/index.ts';
import { quantile, type SumDimension, sumDimensions } from '../../observability/records/index.ts';
import type { RecordGroup } from '../../store/records/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { readDimensions, readStep } from '../options/read-grouping.ts';
import { readMoment } from '../options/read-moment.ts';
import { printable } from '../printable.ts';
import { milliseconds } from './log-lines.ts';
import { withRecords } from './with-records.ts';

interface HoursOptions extends Readonly<Partial<Record<SumDimension, string>>> {
  readonly config: string;
  readonly by: readonly SumDimension[];
  readonly per?: 'hour' | 'day';
  readonly since: number;
  readonly until?: number;
  readonly json?: boolean;
}

const quantiles = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

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
  return command
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--since <time>', 'from then on: 24h ago, or a moment', readMoment, readMoment('24h'))
    .option('--until <time>', 'until then; default: now', readMoment)
    .option('--no-json', 'write a table')
    .action((options: HoursOptions) => printHours(options));
}

async function printHours(options: HoursOptions): Promise<void> {
  const { config, by, per, since, until = Date.now(), json = !process.stdout.isTTY } = options;
  const where = Object.fromEntries(
    sumDimensions.flatMap((dimension) => (options[dimension] === undefined ? [] : [[dimension, options[dimension]]])),
  );
  await withRecords(config, async (records) => {
    const everyMs = per === undefined ? undefined : stepMs[per];
    const groups = await records.sums({ from: since, to: until, by, where, everyMs });
    const sorted = groups.toSorted((a, b) => a.at - b.at || b.count - a.count);
    if (json) for (const group of sorted) process.stdout.write(`${JSON.stringify(toJson(group, per))}\n`);
    else if (groups.length === 0) process.stdout.write('nothing was recorded in this time\n');
    else process.stdout.write(`${tableOf(sorted, by, per).join('\n')}\n`);
  });
}

function tableOf(groups: readonly RecordGroup[], by: readonly SumDimension[], per: HoursOptions['per']) {
  const names = [...(per === undefined ? [] : [per]), ...by];
  const head = [...names, 'count', 'errors', ...quantiles.map(([name]) => `${name} ms`), 'usd', 'tokens in', 'out'];
  const rows = groups.map((group) => [
    ...(per === undefined ? [] : [isoTime(group.at).slice(0, per === 'day' ? 10 : 16)]),
    ...by.map((dimension) => printable(group.of.get(dimension) ?? '-')),
    String(group.count),
    String(group.errors),
    ...quantiles.map(([, share]) => milliseconds(quantile(group.durations, share))),
    formatUsd(group.nanoUsd),
    String(group.inputTokens),
    String(group.outputTokens),
  ]);
  return alignColumns([head, ...rows]);
}

function toJson(group: RecordGroup, per: HoursOptions['per']) {
  const { at, of, count, errors, nanoUsd, inputTokens, outputTokens, durations } = group;
  const latencies = quantiles.map(([name, share]) => [`${name}Ms`, round(quantile(durations, share))]);
  return {
    ...(per === undefined ? {} : { at: isoTime(at) }),
    ...Object.fromEntries([...of].map(([dimension, name]) => [dimension, name ?? null])),
    count,
    errors,
    ...Object.fromEntries(latencies),
    usd: formatUsd(nanoUsd),
    inputTokens,
    outputTokens,
  };
}

const round = (number: number): number => Math.round(number * 100) / 100;
