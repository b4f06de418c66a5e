/** `isthmus usage`: what operations use of the graph, and who; what nobody uses; who still uses what is deprecated. */
import type { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { isoTime } from '../../lib/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { buildApiSchema } from '../../supergraph/index.ts';
import { UsageReport } from '../../usage/coordinates/index.ts';
import { type AdminAddress, askAdminGraph } from '../frame/ask-admin.ts';
import { cliCommand, commandGroup } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { withProgress } from '../frame/with-progress.ts';
import { withRecords } from '../log/with-records.ts';
import { readLimit } from '../options/read-limit.ts';
import { withTimeSpan } from '../options/with-time-span.ts';
import { type UsageView, usageViews, type ViewName } from './usage-views.ts';

interface UsageOptions extends StoreOptions {
  readonly since: number;
  readonly until?: number;
  readonly client?: string;
  readonly of?: string;
  readonly limit: number;
  readonly json: boolean;
}

/** Ten thousand operations with their documents. */
const maxAnswerBytes = 250_000_000;

/** What is printed: a list of the view's name in the place of `list`. */
interface UsageResult {
  readonly since: string;
  readonly until: string;
  readonly requests: number;
  readonly list: readonly object[];
}

export function usageCommand(): Command {
  const commands = (Object.keys(usageViews) as ViewName[]).map((name) => viewCommand(name, usageViews[name]));
  return commandGroup('usage', 'What operations use of the graph, and what nobody uses.', commands);
}

function viewCommand(name: ViewName, view: UsageView): Command {
  const command = withTimeSpan(cliCommand(name, { description: view.description, examples: view.examples }), '7d')
    .option('--client <name>', 'the requests of this client alone')
    .option('--limit <n>', 'how many lines at most', readLimit, 100);
  if (name === 'coordinates') command.option('--of <name>', 'of a type, or a field such as Product.price, alone');
  return withStoreOrGateway(command, 'admin:read').action((options: UsageOptions) => printUsage(name, view, options));
}

async function printUsage(name: ViewName, view: UsageView, options: UsageOptions): Promise<void> {
  const address = addressOf(options);
  const { list, ...span } = await (address === undefined
    ? readStore(name, options)
    : askGateway(address, name, view, options));
  printResult(options, { ...span, [name]: list }, () => {
    if (span.requests === 0) return 'no operation was counted in this time: nothing is known of what is used\n';
    if (list.length === 0) return view.nothing;
    const more = list.length === options.limit ? [`(the first ${options.limit}; --limit prints more)`] : [];
    return [...view.table(list, span.requests), ...more].join('\n');
  });
}

async function readStore(name: ViewName, { config, client, of, limit, ...span }: UsageOptions): Promise<UsageResult> {
  const { since: from, until: to = Date.now() } = span;
  return withRecords(config, async (records) => {
    const report = new UsageReport(await records.usage({ from, to }), client);
    const list = await listOf(report);
    const { requests } = report;
    return { since: isoTime(from), until: isoTime(to), requests, list: list.slice(0, limit) };
  });

  async function listOf(report: UsageReport): Promise<readonly object[]> {
    if (name === 'coordinates') return report.coordinates(of);
    if (name === 'operations') return report.operations();
    if (name === 'clients') return report.clients();
    const { composition } = await withProgress('composing', async () => readSupergraph(await loadConfig(config)));
    return report[name](await buildApiSchema(composition.apiPieces));
  }
}

async function askGateway(
  address: AdminAddress,
  name: ViewName,
  { selection }: UsageView,
  { since, until = Date.now(), client, of, limit }: UsageOptions,
): Promise<UsageResult> {
  const [variable, argument] = name === 'coordinates' ? [', $of: String', 'of: $of, '] : ['', ''];
  const query = `query($since: String!, $until: String!, $client: String, $limit: Int!${variable}) {
    usage(since: $since, until: $until, client: $client) { since until requests list: ${name}(${argument}first: $limit) ${selection} }
  }`;
  const variables = { since: isoTime(since), until: isoTime(until), client, limit, of };
  const { usage } = await askAdminGraph(address, query, variables, { maxAnswerBytes });
  return usage as UsageResult;
}
