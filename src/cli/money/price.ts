/** `isthmus price`: what the operations of files cost, in points and dollars, now and before a change. */
import type { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { formatUsd } from '../../lib/index.ts';
import { createLogger, type Logger } from '../../observability/index.ts';
import { openPricer, type Pricer } from '../../open-pricer.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { readVariables } from '../access/caller-options.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { readInput } from '../read-input.ts';

interface PriceOptions {
  readonly config: string;
  readonly before?: string;
  readonly variables?: string;
  readonly json: boolean;
}

/** One operation of a file; without points where it is not valid. */
interface Row {
  readonly file: string;
  readonly operation: string | undefined;
  readonly points: number | undefined;
  /** The most that its AI fields cost, in US dollars. */
  readonly usd?: string;
  /** By the configuration of `--before`. */
  readonly before?: number | undefined;
  readonly usdBefore?: string | undefined;
  readonly fetches?: number;
  readonly subgraphs?: Readonly<Record<string, number>>;
  readonly problem?: string;
  /** Why a gateway refuses it for what it costs. */
  readonly refusals?: readonly string[];
}

type Variables = Readonly<Record<string, unknown>>;

/** Exits 1 where an operation is not valid, or a gateway refuses it for what it costs. */
export function priceCommand(): Command {
  return cliCommand('price', {
    description: 'Price the operations of files in points, and their AI fields in dollars, by the configuration alone.',
    local: 'it prices by a configuration; `isthmus costs` has what a gateway has spent',
    examples: [
      'isthmus price operations/*.graphql',
      'isthmus price page.graphql --variables page.json --before main/supergraph.yaml',
    ],
  })
    .argument('<file...>', '.graphql files, - for the input')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--before <file>', 'the configuration of another state of the graph, to compare with')
    .option('--variables <file>', 'a JSON file with values of variables; without, lists have their assumed sizes')
    .action(price);
}

async function price(files: readonly string[], { config, before, variables, json }: PriceOptions): Promise<void> {
  const texts = await Promise.all(files.map(readInput));
  const values = await readVariables(variables);
  const log = createLogger({ level: 'warn', readable: true, destination: process.stderr });
  const pricer = await pricerOf(config, log);
  const earlier = before === undefined ? undefined : await pricerOf(before, log).catch(closing(pricer));
  try {
    const rows: Row[] = [];
    for (const [index, file] of files.entries())
      rows.push(...(await priceFile(file, texts[index] ?? '', values, pricer, earlier)));
    printResult({ json }, rows, () => table(rows, earlier !== undefined).join('\n'));
    if (rows.some(({ points, refusals = [] }) => points === undefined || refusals.length > 0)) reportFinding();
  } finally {
    await pricer.close();
    await earlier?.close();
  }
}

/** @throws ConfigError or CompositionError with every problem found */
async function pricerOf(file: string, log: Logger): Promise<Pricer> {
  return openPricer(await readSupergraph(await loadConfig(file)), { log });
}

function closing(pricer: Pricer): (error: unknown) => Promise<never> {
  return async (error) => {
    await pricer.close();
    throw error;
  };
}

async function priceFile(
  file: string,
  text: string,
  variables: Variables,
  pricer: Pricer,
  earlier: Pricer | undefined,
): Promise<readonly Row[]> {
  const prices = await pricesOf(pricer, text, variables);
  const beforehand = earlier && (await pricesOf(earlier, text, variables));
  if (typeof prices === 'string') return [{ file, operation: undefined, points: undefined, problem: prices }];
  return prices.map(({ operation, estimated, subgraphs, fetches, nanoUsd, refusals }, index): Row => {
    const usd = formatUsd(nanoUsd);
    const row = {
      ...{ file, operation, points: estimated, usd, fetches, subgraphs: Object.fromEntries(subgraphs) },
      ...(refusals.length === 0 ? {} : { refusals }),
    };
    if (beforehand === undefined) return row;
    const previous = typeof beforehand === 'string' ? undefined : beforehand[index];
    const usdBefore = previous && formatUsd(previous.nanoUsd);
    return { ...row, before: previous?.estimated, usdBefore };
  });
}

async function pricesOf(pricer: Pricer, text: string, variables: Variables): ReturnType<Pricer['price']> {
  try {
    return await pricer.price(text, variables);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function table(rows: readonly Row[], isCompared: boolean): readonly string[] {
  const costsMoney = rows.some(({ usd = '0', usdBefore = '0' }) => usd !== '0' || usdBefore !== '0');
  const compared = (name: string, before: string): string[] => (isCompared ? [before, name] : [name]);
  const head = [
    'FILE',
    'OPERATION',
    ...compared('POINTS', 'BEFORE'),
    'FETCHES',
    ...(costsMoney ? compared('USD', 'BEFORE') : []),
    '',
  ];
  return alignColumns([
    head,
    ...rows.map(({ file, operation = '-', before, points, fetches, usd, usdBefore, problem, refusals }) => [
      file,
      operation,
      ...compared(`${points ?? '-'}`, `${before ?? '-'}`),
      `${fetches ?? '-'}`,
      ...(costsMoney ? compared(usd ?? '-', usdBefore ?? '-') : []),
      problem?.split('\n')[0] ?? refusals?.join(' ') ?? '',
    ]),
  ]);
}
