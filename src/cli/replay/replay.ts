/** `isthmus replay`: the operations of a recording are sent to a gateway, and what differs is told: data, errors, price, time. */
import { type Command, InvalidArgumentError } from 'commander';
import { firstDifference, formatUsd, parseUsd } from '../../lib/index.ts';
import { alignColumns } from '../align-columns.ts';
import { fileFailure } from '../file-failure.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { withProgress } from '../frame/with-progress.ts';
import { readHeader } from '../options/read-header.ts';
import { readHttpUrl } from '../options/read-http-url.ts';
import { printable } from '../printable.ts';
import { askGateway, type ReplayedAnswer, type ReplayTarget } from './ask-gateway.ts';
import { type RecordedLine, type RecordedOperation, readRecording, type SkipReason } from './read-recording.ts';

interface ReplayOptions {
  readonly against: string;
  readonly baseline?: string;
  readonly header: readonly (readonly [string, string])[];
  readonly mutations: boolean;
  readonly concurrency: number;
  readonly json: boolean;
}

/** What one operation came to on one side. */
type Side = Omit<ReplayedAnswer, 'data'>;

interface Difference {
  readonly requestId: string;
  readonly operation: string | null;
  /** What differs: `data` with the first path, `codes`, `status`. */
  readonly of: readonly string[];
  readonly before: Pick<Side, 'status' | 'codes'>;
  readonly after: Pick<Side, 'status' | 'codes'>;
}

const maxConcurrency = 64;
/** Differences that are listed; the rest is a number. */
const maxListed = 100;

/** Exits 1 where something differs. */
export function replayCommand(): Command {
  return cliCommand('replay', {
    description: 'Send the operations of a recording to a gateway, and tell what differs: data, errors, price, time.',
    local: 'it asks as clients do, at --against',
    examples: [
      'isthmus replay day.jsonl --against http://127.0.0.1:4001/graphql',
      'isthmus replay day.jsonl --against http://new:4000/graphql --baseline http://old:4000/graphql --json',
    ],
  })
    .argument('<file>', 'what `isthmus log --json` has printed, with telemetry.records.documents and variables on')
    .requiredOption('--against <url>', 'the GraphQL endpoint that is asked', readHttpUrl)
    .option(
      '--baseline <url>',
      'another one that is asked the same, to compare data; default: status, codes, price and time of the recording',
      readHttpUrl,
    )
    .option('--header <line>', "a header of each request, 'name: value'; may be repeated", readHeader, [])
    .option('--mutations', 'send mutations, too', false)
    .option('--concurrency <number>', 'how many operations are asked at once', readConcurrency, 4)
    .action(replay);
}

async function replay(file: string, options: ReplayOptions): Promise<void> {
  const run = new Replay(options);
  try {
    await withProgress('replaying', () => run.all(readRecording(file, options.mutations)));
  } catch (error) {
    return fail('FILE', `${file} cannot be read: ${fileFailure(error)}`);
  }
  const report = run.report();
  if (report.replayed === 0)
    return fail('NOTHING_TO_DO', `${file} has nothing that can be replayed${skippedText(report)}`);
  const [unanswered] = run.unanswered();
  if (unanswered !== undefined) return fail('GATEWAY_UNREACHABLE', `${options.against}: ${unanswered}`);
  printResult(options, report, () => linesOf(report).join('\n'));
  if (report.different > 0) reportFinding();
}

class Replay {
  readonly #target: ReplayTarget;
  readonly #baseline: ReplayTarget | undefined;
  readonly #concurrency: number;
  readonly #skipped = new Map<SkipReason, number>();
  readonly #differences: Difference[] = [];
  readonly #before: Side[] = [];
  readonly #after: Side[] = [];
  #different = 0;

  constructor({ against, baseline, header, concurrency }: ReplayOptions) {
    this.#target = { url: against, headers: header };
    this.#baseline = baseline === undefined ? undefined : { url: baseline, headers: header };
    this.#concurrency = concurrency;
  }

  /** So many at once, in the order of the recording. */
  async all(lines: AsyncIterable<RecordedLine>): Promise<void> {
    const asking = new Set<Promise<void>>();
    for await (const line of lines) {
      if ('skipped' in line) {
        this.#skipped.set(line.skipped, (this.#skipped.get(line.skipped) ?? 0) + 1);
        continue;
      }
      const request = this.#ask(line).finally(() => asking.delete(request));
      asking.add(request);
      if (asking.size >= this.#concurrency) await Promise.race(asking);
    }
    await Promise.all(asking);
  }

  async #ask(recorded: RecordedOperation): Promise<void> {
    const baseline = this.#baseline && (await askGateway(this.#baseline, recorded));
    const after = await askGateway(this.#target, recorded);
    const before: Side = baseline ?? { ...recorded, codes: [...recorded.codes].sort() };
    this.#before.push(before);
    this.#after.push(after);
    const place = baseline && firstDifference(baseline.data, after.data);
    const of = [
      ...(place === undefined ? [] : [['data', ...place].join('.')]),
      ...(before.codes.join() === after.codes.join() ? [] : ['codes']),
      ...(before.status === after.status ? [] : ['status']),
    ];
    if (of.length === 0) return;
    this.#different++;
    if (this.#differences.length >= maxListed) return;
    const { requestId, operation = null } = recorded;
    this.#differences.push({ requestId, operation, of, before: outcomeOf(before), after: outcomeOf(after) });
  }

  /** Why, where the gateway has not answered at all. */
  unanswered(): readonly string[] {
    return this.#after.every(({ status }) => status === 0) ? (this.#after[0]?.codes ?? []) : [];
  }

  report() {
    return {
      replayed: this.#after.length,
      different: this.#different,
      skipped: Object.fromEntries(this.#skipped),
      before: totals(this.#before),
      after: totals(this.#after),
      differences: this.#differences,
    };
  }
}

type Report = ReturnType<Replay['report']>;

const outcomeOf = ({ status, codes }: Side) => ({ status, codes });

function totals(sides: readonly Side[]) {
  const times = sides.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0) * 100) / 100;
  const usd = sides.reduce((sum, { usd: each }) => sum + (each === undefined ? 0n : (parseUsd(each) ?? 0n)), 0n);
  const failed = sides.filter(({ codes, status }) => codes.length > 0 || status !== 200).length;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), failed, usd: formatUsd(usd) };
}

function linesOf(report: Report): readonly string[] {
  const { replayed, different, before, after, differences } = report;
  const rows = (['p50Ms', 'p95Ms', 'p99Ms', 'failed', 'usd'] as const).map((name) => [
    name,
    String(before[name]),
    String(after[name]),
  ]);
  return [
    `${replayed} operations replayed, ${different} differ${skippedText(report)}`,
    '',
    ...alignColumns([['', 'before', 'after'], ...rows]),
    ...(differences.length === 0 ? [] : ['']),
    ...differences.map(({ requestId, operation, of, before: was, after: is }) => {
      const change = `${was.status} ${was.codes.join(' ')} → ${is.status} ${is.codes.join(' ')}`;
      return printable(`${requestId}  ${operation ?? '(no name)'}  ${of.join(', ')}  ${change}`);
    }),
    ...(different > differences.length ? [`… and ${different - differences.length} more`] : []),
  ];
}

function skippedText({ skipped }: Pick<Report, 'skipped'>): string {
  const texts = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return texts.length === 0 ? '' : `; skipped: ${texts.join(', ')}`;
}

function readConcurrency(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > maxConcurrency)
    throw new InvalidArgumentError(`Write a number from 1 to ${maxConcurrency}.`);
  return number;
}
