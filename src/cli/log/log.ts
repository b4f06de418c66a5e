/**
 * `isthmus log`: the operations that are recorded, found by what is known of them; one of them whole, by its request's id.
 * It reads the store, whether a gateway runs or not, or asks a gateway that runs.
 */
import { setTimeout } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../config/index.ts';
import { errorTable } from '../../errors/index.ts';
import { didYouMean } from '../../lib/index.ts';
import { type SumDimension, sumDimensions } from '../../observability/records/index.ts';
import type { RecordFilter, RecordPage, RecordPageRequest } from '../../store/records/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { readLimit } from '../options/read-limit.ts';
import { withTimeSpan } from '../options/with-time-span.ts';
import { hoursCommand } from './log-hours.ts';
import { headLine, recordJson, recordLine } from './log-lines.ts';
import { waterfall } from './log-waterfall.ts';
import { remoteHours, remoteSearch } from './remote-records.ts';
import { withRecords } from './with-records.ts';

interface LogOptions extends StoreOptions {
  readonly operation?: string;
  readonly code?: string;
  readonly client?: string;
  readonly tenant?: string;
  readonly user?: string;
  readonly model?: string;
  readonly field?: string;
  readonly door?: string;
  readonly trace?: string;
  readonly request?: string;
  readonly slower?: number;
  readonly failed?: boolean;
  readonly since: number;
  readonly until?: number;
  readonly limit: number;
  readonly follow: boolean;
  readonly json?: boolean;
}

/** What is read of records, wherever they are. */
interface ReadRecords {
  search(request: RecordPageRequest): Promise<RecordPage>;
  /** The names that a dimension had since a moment. */
  names(dimension: SumDimension, from: number, to: number): Promise<readonly string[]>;
}

const followMs = 500;
/** What is written that much later than it ended is not followed any more. */
const overlapMs = 5_000;
const pageLength = 500;

export function logCommand(): Command {
  const command = cliCommand('log', {
    description: 'Print the operations that are recorded, the newest last; with the id of a request, that one whole.',
    examples: [
      'isthmus log --failed --since 1h',
      'isthmus log --operation ProductPage --slower 500ms --follow',
      'isthmus log --failed --gateway https://shop.example:4400',
      'isthmus log 01k9x3v7 # one request whole, as bars under each other',
    ],
    json: 'write JSON lines; default: unless in a terminal',
  });
  return withTimeSpan(withStoreOrGateway(command, 'admin:read'), '1h')
    .enablePositionalOptions()
    .argument('[request]', 'the id of a request, as its answer and the log have it')
    .option('--operation <name>', 'an operation’s name, an alias of /v1, or a prompt')
    .option('--code <code>', 'an error code')
    .option('--client <name>', 'a client’s name')
    .option('--tenant <name>', 'a tenant')
    .option('--user <id>', 'a caller, by the principal’s id')
    .option('--model <name>', 'a model or an alias that answered')
    .option('--field <name>', 'an AI field, such as Product.summary')
    .option('--door <name>', 'graphql, v1 or prompts')
    .option('--trace <id>', 'a trace')
    .option('--request <id>', 'a request')
    .option('--slower <duration>', 'what took as long at least, such as 500ms', readDuration)
    .option('--failed', 'what has errors')
    .option('--limit <number>', 'how many, the newest', readLimit, 50)
    .option('--follow', 'go on printing what is recorded, until it is ended', false)
    .option('--no-json', 'write a table')
    .action((request: string | undefined, options: LogOptions) =>
      withReadRecords(options, (records) =>
        request === undefined ? printLog(records, options) : printRequest(records, request, options),
      ),
    )
    .addCommand(hoursCommand());
}

function withReadRecords(options: LogOptions, run: (records: ReadRecords) => Promise<void>): Promise<void> {
  const address = addressOf(options);
  if (address === undefined)
    return withRecords(options.config, (records) =>
      run({
        search: (request) => records.search(request),
        async names(dimension, from, to) {
          const groups = await records.sums({ from, to, by: [dimension] });
          return groups.flatMap(({ of }) => of.get(dimension) ?? []);
        },
      }),
    );
  return run({
    search: (request) => remoteSearch(address, request),
    async names(dimension, from, to) {
      const hours = await remoteHours(address, { from, to, by: [dimension] });
      return hours.flatMap(({ of }) => of.get(dimension) ?? []);
    },
  });
}

/** Whenever it was: its id says nothing of that. */
async function printRequest(records: ReadRecords, requestId: string, { json = !process.stdout.isTTY }: LogOptions) {
  const filter = { from: 0, to: Number.MAX_SAFE_INTEGER, requestId };
  const { records: operations } = await records.search({ filter, limit: pageLength });
  if (operations.length === 0)
    return fail(
      'NOT_FOUND',
      `no operation of the request ${requestId} is recorded: it may be older than records are kept, or sampled out`,
    );
  const texts = operations.toReversed().map(json ? recordJson : waterfall);
  process.stdout.write(texts.join(json ? '' : '\n'));
}

async function printLog(records: ReadRecords, options: LogOptions): Promise<void> {
  const { limit, follow, json = !process.stdout.isTTY } = options;
  const filter = filterOf(options);
  const { records: found } = await records.search({ filter, limit });
  const toLine = json ? recordJson : recordLine;
  if (found.length === 0 && !follow) {
    process.stderr.write(`no operation is recorded that fits${await hints(records, filter)}\n`);
    return;
  }
  if (!json) process.stdout.write(headLine);
  for (const record of found.toReversed()) process.stdout.write(toLine(record));
  if (follow)
    await followLog(records, filter, new Set(found.map(({ id }) => id)), (record) =>
      process.stdout.write(toLine(record)),
    );
}

type PrintRecord = (record: Parameters<typeof recordLine>[0]) => void;

/** Until the process is ended. What has been printed is looked at again for some seconds: several threads write. */
async function followLog(records: ReadRecords, filter: RecordFilter, printed: Set<string>, print: PrintRecord) {
  for (;;) {
    await setTimeout(followMs);
    const now = Date.now();
    const recent = { ...filter, from: Math.max(filter.from, now - overlapMs), to: now + overlapMs };
    const fresh = [];
    let after: string | undefined;
    for (;;) {
      const page = await records.search({ filter: recent, after, limit: pageLength });
      fresh.push(...page.records.filter(({ id }) => !printed.has(id)));
      after = page.records.at(-1)?.id;
      if (!page.hasMore) break;
    }
    for (const record of fresh.reverse()) {
      print(record);
      printed.add(record.id);
    }
    const forgotten = [...printed].slice(0, Math.max(0, printed.size - 100_000));
    for (const id of forgotten) printed.delete(id);
  }
}

function filterOf(options: LogOptions): RecordFilter {
  const { operation, code, client, tenant, user, model, field, door, trace, request, slower, failed } = options;
  return {
    from: options.since,
    to: options.until ?? Date.now() + 1,
    ...{ operation, code, client, tenant, model, field, door, failed },
    principal: user,
    traceId: trace?.toLowerCase(),
    requestId: request,
    minMs: slower,
  };
}

/** Names that were recorded and are nearly those that were looked for. */
async function hints(records: ReadRecords, filter: RecordFilter): Promise<string> {
  const texts: string[] = [];
  if (filter.code !== undefined && !Object.hasOwn(errorTable, filter.code))
    texts.push(didYouMean(filter.code, Object.keys(errorTable)));
  for (const dimension of sumDimensions) {
    const name = filter[dimension];
    if (name === undefined) continue;
    const names = await records.names(dimension, filter.from, filter.to);
    if (!names.includes(name)) texts.push(didYouMean(name, names));
  }
  return texts.join('');
}

function readDuration(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new InvalidArgumentError('Write a duration such as 500ms or 2s.');
  return duration;
}
