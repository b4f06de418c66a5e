/** `isthmus costs`: what models have cost, from the ledger; `isthmus costs export`: its rows. */
import { Command, InvalidArgumentError } from 'commander';
import { type Costs, readCosts } from '../ai/ledger/index.ts';
import { formatUsd } from '../lib/index.ts';
import { type LedgerDimension, type LedgerRow, ledgerDimensions } from '../observability/index.ts';
import type { LedgerGroup, LedgerSums } from '../store/index.ts';
import { alignColumns } from './align-columns.ts';
import { csvLine } from './csv.ts';
import { printable } from './printable.ts';
import { readDimension, readDimensions, readStep } from './read-grouping.ts';
import { readMoment } from './read-moment.ts';
import { withStore } from './with-store.ts';
import { writeOut } from './write-out.ts';

interface SpanOptions {
  readonly config: string;
  readonly since: number;
  readonly until?: number;
  readonly where: Readonly<Partial<Record<LedgerDimension, string>>>;
}

interface CostsOptions extends SpanOptions {
  readonly by: readonly LedgerDimension[];
  readonly per?: 'hour' | 'day';
  readonly json: boolean;
  readonly csv: boolean;
}

interface ExportOptions extends SpanOptions {
  readonly format: 'csv' | 'jsonl';
}

export function costsCommand(): Command {
  return withSpan(new Command('costs'))
    .description('Print what models have cost, from the ledger.')
    .option('--by <list>', `what to sum by: ${ledgerDimensions.join(', ')}`, readDimensions(ledgerDimensions), [
      'tenant',
    ])
    .option('--per <step>', 'sums of each hour or day, in UTC', readStep)
    .option('--json', 'write JSON', false)
    .option('--csv', 'write CSV', false)
    .action(printCosts)
    .addCommand(exportCommand());
}

function exportCommand(): Command {
  return withSpan(new Command('export'))
    .description('Write the rows of the ledger: one for each request to a provider and each cached answer.')
    .option('--format <name>', 'csv or jsonl', readFormat, 'csv')
    .action((_: unknown, command: Command) => exportRows(command.optsWithGlobals<ExportOptions>()));
}

function withSpan(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--since <time>', 'from then on: 7d ago, or a moment such as 2026-11-01', readMoment, readMoment('7d'))
    .option('--until <time>', 'until then; default: now', readMoment)
    .option('--where <list>', 'only rows with these values, such as tenant=acme,field=Product.summary', readWhere, {});
}

async function printCosts(options: CostsOptions): Promise<void> {
  const { config, by, per, json, csv } = options;
  await withStore(config, async ({ ledger }) => {
    const span = spanOf(options);
    const costs = await readCosts(ledger, { ...span, by, per });
    if (json) print(`${JSON.stringify(toJson(costs, span, per), null, 2)}\n`);
    else if (csv) printCsv(costs, by, per);
    else printTable(costs, by, per);
  });
}

const amountColumns = ['rows', 'cached', 'input tokens', 'output tokens', 'usd'] as const;

function printCsv({ groups }: Costs, by: readonly LedgerDimension[], per: CostsOptions['per']): void {
  print(csvLine([...(per === undefined ? [] : [per]), ...by, ...amountColumns]));
  for (const group of groups) {
    const cells = by.map((dimension) => group.of.get(dimension));
    print(csvLine([...(per === undefined ? [] : [isoTime(group.at)]), ...cells, ...amountsOf(group)]));
  }
}

const barLength = 30;

function printTable({ groups, total }: Costs, by: readonly LedgerDimension[], per: CostsOptions['per']): void {
  if (groups.length === 0) {
    print('no model call in this time\n');
    return;
  }
  const most = groups.reduce((dearest, { settled }) => (settled > dearest ? settled : dearest), 0n);
  const steps = per === undefined ? [] : [per];
  const rows = groups.map((group) => [
    ...(per === undefined ? [] : [isoTime(group.at).slice(0, per === 'day' ? 10 : 16)]),
    ...by.map((dimension) => printable(group.of.get(dimension) ?? '-')),
    ...amountsOf(group).map(String),
    most === 0n ? '' : '█'.repeat(Number((group.settled * BigInt(barLength) + most - 1n) / most)),
  ]);
  const blank = [...steps, ...by].map((_, index) => (index === 0 ? 'total' : ''));
  const last = [...blank, ...amountsOf(total).map(String), ''];
  const lines = alignColumns([
    [...steps, ...by, ...amountColumns, ''],
    ...rows,
    ...(by.length + steps.length > 0 ? [last] : []),
  ]);
  print(`${lines.join('\n')}\n`);
}

function amountsOf({ rows, cached, inputTokens, outputTokens, settled }: LedgerSums): readonly (bigint | string)[] {
  return [rows, cached, inputTokens, outputTokens, formatUsd(settled)];
}

function toJson({ groups, total }: Costs, { from, to }: { readonly from: number; readonly to: number }, per?: string) {
  const sums = ({ rows, cached, inputTokens, outputTokens, settled, reserved }: LedgerSums) => ({
    rows: Number(rows),
    cached: Number(cached),
    inputTokens: Number(inputTokens),
    outputTokens: Number(outputTokens),
    usd: formatUsd(settled),
    reservedUsd: formatUsd(reserved),
  });
  const groupOf = (group: LedgerGroup) => ({
    ...(per === undefined ? {} : { at: isoTime(group.at) }),
    ...Object.fromEntries([...group.of].map(([dimension, value]) => [dimension, value ?? null])),
    ...sums(group),
  });
  return { since: isoTime(from), until: isoTime(to), total: sums(total), groups: groups.map(groupOf) };
}

async function exportRows(options: ExportOptions): Promise<void> {
  await withStore(options.config, async ({ ledger }) => {
    const isCsv = options.format === 'csv';
    if (isCsv) await writeOut(csvLine(rowColumns));
    for await (const row of ledger.rows(spanOf(options))) {
      const cells = toCells(row);
      await writeOut(isCsv ? csvLine(Object.values(cells)) : `${JSON.stringify(cells)}\n`);
    }
  });
}

const rowColumns = [
  'id',
  'at',
  ...ledgerDimensions,
  'inputTokens',
  'outputTokens',
  'usageSource',
  'priceSource',
  'priceVersion',
  'priceDate',
  'cached',
  'reservedUsd',
  'usd',
  'outcome',
  'requestId',
] as const;

/** In the order of the columns. */
function toCells(row: LedgerRow): Readonly<Record<string, string | number | undefined>> {
  const { at, reserved, settled, ...texts } = row;
  const cells = {
    ...texts,
    at: isoTime(at),
    reservedUsd: formatUsd(BigInt(reserved)),
    usd: formatUsd(BigInt(settled)),
  };
  return Object.fromEntries(rowColumns.map((column) => [column, cells[column]]));
}

function print(text: string): void {
  process.stdout.write(text);
}

const isoTime = (at: number): string => new Date(at).toISOString();

function spanOf({ since, until = Date.now(), where }: SpanOptions) {
  return { from: since, to: until, where };
}

function readWhere(text: string): SpanOptions['where'] {
  const pairs = text.split(',').map((pair) => {
    const [, name = '', value = ''] = /^([^=]*)=(.+)$/.exec(pair) ?? [];
    if (value === '') throw new InvalidArgumentError('Write conditions such as tenant=acme,alias=smart.');
    return [readDimension(name, ledgerDimensions), value] as const;
  });
  return Object.fromEntries(pairs);
}

function readFormat(text: string): 'csv' | 'jsonl' {
  if (text !== 'csv' && text !== 'jsonl') throw new InvalidArgumentError('Write csv or jsonl.');
  return text;
}
