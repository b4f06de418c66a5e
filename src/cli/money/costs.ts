/** `isthmus costs`: what models have cost, from the ledger; `isthmus costs export`: its rows. */
import { type Command, InvalidArgumentError } from 'commander';
import { readCosts } from '../../ai/ledger/index.ts';
import { formatUsd, isoTime } from '../../lib/index.ts';
import { type LedgerDimension, type LedgerRow, ledgerDimensions } from '../../observability/index.ts';
import { alignColumns } from '../align-columns.ts';
import { csvLine } from '../csv.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { readDimension, readDimensions, readStep } from '../options/read-grouping.ts';
import { withTimeSpan } from '../options/with-time-span.ts';
import { printable } from '../printable.ts';
import { withStore } from '../with-store.ts';
import { writeOut } from '../write-out.ts';
import { type PrintedCosts, type PrintedRow, remoteCosts, remoteRows } from './remote-costs.ts';

interface SpanOptions extends StoreOptions {
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
  readonly json?: boolean;
  readonly format: 'csv' | 'jsonl';
}

export function costsCommand(): Command {
  const costs = cliCommand('costs', {
    description: 'Print what models have cost, from the ledger.',
    examples: [
      'isthmus costs --by tenant,alias --since 30d',
      'isthmus costs --per day --where field=Product.summary --csv > costs.csv',
    ],
  });
  return withSpan(costs)
    .option('--by <list>', `what to sum by: ${ledgerDimensions.join(', ')}`, readDimensions(ledgerDimensions), [
      'tenant',
    ])
    .option('--per <step>', 'sums of each hour or day, in UTC', readStep)
    .option('--csv', 'write CSV', false)
    .action(printCosts)
    .addCommand(exportCommand());
}

function exportCommand(): Command {
  const rows = cliCommand('export', {
    description: 'Write the rows of the ledger: one for each request to a provider and each cached answer.',
    examples: ['isthmus costs export --since 2026-11-01 > ledger.csv', 'isthmus costs export --json > ledger.jsonl'],
    json: 'write JSON lines, as --format jsonl',
  });
  return withSpan(rows)
    .option('--format <name>', 'csv or jsonl', readFormat, 'csv')
    .action((_: unknown, command: Command) => exportRows(command.optsWithGlobals<ExportOptions>()));
}

function withSpan(command: Command): Command {
  return withTimeSpan(withStoreOrGateway(command, 'admin:read'), '7d').option(
    '--where <list>',
    'only rows with these values, such as tenant=acme,field=Product.summary',
    readWhere,
    {},
  );
}

async function printCosts(options: CostsOptions): Promise<void> {
  const { config, by, per, json, csv } = options;
  const address = addressOf(options);
  const span = spanOf(options);
  const costs: PrintedCosts = await (address === undefined
    ? withStore(config, ({ ledger }) => readCosts(ledger, { ...span, by, per }))
    : remoteCosts(address, { ...span, by, per }));
  printResult({ json }, toJson(costs, span, per), () =>
    csv ? csvOf(costs, by, per) : tableOf(costs, by, per).join('\n'),
  );
}

const amountColumns = ['rows', 'cached', 'input tokens', 'output tokens', 'usd'] as const;

function csvOf({ groups }: PrintedCosts, by: readonly LedgerDimension[], per: CostsOptions['per']): string {
  const lines = groups.map((group) => {
    const cells = by.map((dimension) => group.of.get(dimension));
    return csvLine([...(per === undefined ? [] : [isoTime(group.at)]), ...cells, ...amountsOf(group)]);
  });
  return [csvLine([...(per === undefined ? [] : [per]), ...by, ...amountColumns]), ...lines].join('');
}

const barLength = 30;

function tableOf({ groups, total }: PrintedCosts, by: readonly LedgerDimension[], per: CostsOptions['per']) {
  if (groups.length === 0) return ['no model call in this time'];
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
  return alignColumns([
    [...steps, ...by, ...amountColumns, ''],
    ...rows,
    ...(by.length + steps.length > 0 ? [last] : []),
  ]);
}

function amountsOf({
  rows,
  cached,
  inputTokens,
  outputTokens,
  settled,
}: PrintedCosts['total']): readonly (bigint | string)[] {
  return [rows, cached, inputTokens, outputTokens, formatUsd(settled)];
}

function toJson(
  { groups, total }: PrintedCosts,
  { from, to }: { readonly from: number; readonly to: number },
  per?: string,
) {
  const sums = ({ rows, cached, inputTokens, outputTokens, settled, reserved }: PrintedCosts['total']) => ({
    rows: Number(rows),
    cached: Number(cached),
    inputTokens: Number(inputTokens),
    outputTokens: Number(outputTokens),
    usd: formatUsd(settled),
    reservedUsd: formatUsd(reserved),
  });
  const groupOf = (group: PrintedCosts['groups'][number]) => ({
    ...(per === undefined ? {} : { at: isoTime(group.at) }),
    ...Object.fromEntries([...group.of].map(([dimension, value]) => [dimension, value ?? null])),
    ...sums(group),
  });
  return { since: isoTime(from), until: isoTime(to), total: sums(total), groups: groups.map(groupOf) };
}

async function exportRows(options: ExportOptions): Promise<void> {
  const isCsv = options.format === 'csv' && options.json !== true;
  const address = addressOf(options);
  if (address !== undefined) return write(remoteRows(address, spanOf(options)));
  await withStore(options.config, ({ ledger }) => write(textsOf(ledger.rows(spanOf(options)))));

  async function write(rows: AsyncIterable<PrintedRow>): Promise<void> {
    if (isCsv) await writeOut(csvLine(rowColumns));
    for await (const row of rows) {
      const cells = Object.fromEntries(rowColumns.map((column) => [column, row[column]]));
      await writeOut(isCsv ? csvLine(Object.values(cells)) : `${JSON.stringify(cells)}\n`);
    }
  }
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

async function* textsOf(rows: AsyncIterable<LedgerRow>): AsyncGenerator<PrintedRow> {
  for await (const { at, reserved, settled, ...row } of rows)
    yield { ...row, at: isoTime(at), reservedUsd: formatUsd(BigInt(reserved)), usd: formatUsd(BigInt(settled)) };
}

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
