/** The parts of the docs that are generated from the source; tests compare them, `UPDATE_DOCS=1` rewrites them. */
import type { Command } from 'commander';
import { examplesOf, localityOf } from '../../src/cli/frame/cli-command.ts';
import { commandsWithin, pathOf } from '../../src/cli/frame/command-tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { configJsonSchema } from '../../src/config/index.ts';
import { errorTable } from '../../src/errors/index.ts';
import { definitions } from '../../src/observability/metrics/metric-table.ts';

export function errorsSection(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, retryable, operator }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${operator} |`,
  );
  return ['| code | status | retry | when |', '|---|---|---|---|', ...rows].join('\n');
}

export function metricsSection(): string {
  const rows = Object.entries(definitions).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| name | type | labels | what it is |', '|---|---|---|---|', ...rows].join('\n');
}

const program = await createProgram();

/** The commands that run: groups of them have no options of their own. */
function runnable(): readonly Command[] {
  return commandsWithin(program).filter(({ options }) => options.some(({ long }) => long === '--json'));
}

export function commandsSection(): string {
  const all = runnable();
  const rows = all.map(
    (command) => `| [\`${pathOf(command)}\`](#${pathOf(command).replaceAll(' ', '-')}) | ${command.description()} |`,
  );
  return ['| command | what it does |', '|---|---|', ...rows, ...all.map(commandChapter)].join('\n');
}

function commandChapter(command: Command): string {
  const usage = `${pathOf(command)} ${command.usage()}`.replace(' [command]', '');
  const words = command.registeredArguments.map((word) => [
    `${word.name()}${word.variadic ? '…' : ''}`,
    word.description,
  ]);
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description, defaultValue, defaultValueDescription = defaultValue, mandatory }) => {
      const isShown = ['string', 'number'].includes(typeof defaultValue) && !flags.includes('<time>');
      const needed = mandatory && !description.includes('required') ? ' (required)' : '';
      return [flags, `${description}${needed}${isShown ? `; default: \`${defaultValueDescription}\`` : ''}`];
    });
  const rows = [...words, ...options].map(
    ([name = '', text = '']) => `| \`${name}\` | ${text.replaceAll('|', '\\|')} |`,
  );
  return [
    `\n### ${pathOf(command)}\n`,
    `${command.description()}\n`,
    ...(localityOf(command) === undefined ? [] : [`${localityOf(command)}\n`]),
    `\`\`\`text\n${usage}\n\`\`\`\n`,
    `| argument or option | what it is |\n|---|---|\n${rows.join('\n')}\n`,
    `\`\`\`sh\n${examplesOf(command).join('\n')}\n\`\`\``,
  ].join('\n');
}

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
}

/** Every key with a description, with its default. Records are written `<name>`. */
export function configurationSection(): string {
  const rows: string[] = [];
  const walk = (schema: Schema, path: string, described = true): void => {
    if (described && schema.description !== undefined && path !== '') {
      const fallback =
        schema.default === undefined || typeof schema.default === 'object' ? '' : `\`${String(schema.default)}\``;
      const values =
        schema.enum === undefined ? '' : ` (${schema.enum.map((value) => `\`${String(value)}\``).join(', ')})`;
      rows.push(`| \`${path}\` | ${fallback} | ${schema.description}${values} |`);
    }
    for (const [key, inner] of Object.entries(schema.properties ?? {}))
      walk(inner, path === '' ? key : `${path}.${key}`);
    if (typeof schema.additionalProperties === 'object') walk(schema.additionalProperties, `${path}.<name>`);
    for (const inner of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) walk(inner, path, false);
    // Not of an alias that is a list alone: its targets are those of `targets`.
    const hasItems = path.startsWith('headers') || (path.startsWith('ai.') && path !== 'ai.models.<name>');
    if (schema.items !== undefined && hasItems) walk(schema.items, `${path}[]`, false);
  };
  walk(configJsonSchema() as Schema, '');
  return ['| key | default | what it does |', '|---|---|---|', ...new Set(rows)].join('\n');
}

/** The dotted paths of every leaf of the configuration's schema, as the table writes them. */
export function configurationLeaves(): readonly string[] {
  const leaves = new Set<string>();
  const walk = (schema: Schema, path: string): void => {
    const inner = [
      ...Object.entries(schema.properties ?? {}).map(
        ([key, one]) => [path === '' ? key : `${path}.${key}`, one] as const,
      ),
    ];
    if (typeof schema.additionalProperties === 'object') inner.push([`${path}.<name>`, schema.additionalProperties]);
    for (const one of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) inner.push([path, one]);
    if (schema.items !== undefined && path.startsWith('headers')) inner.push([`${path}[]`, schema.items]);
    if (inner.length === 0) leaves.add(path.replace(/(\.<name>|\[\])+$/, ''));
    for (const [at, one] of inner) walk(one, at);
  };
  walk(configJsonSchema() as Schema, '');
  return [...leaves];
}

/** The purpose of each part of src/, highest first; the import-order test checks the ranks. */
const parts: Readonly<Record<string, string>> = {
  cli: 'the `isthmus` command',
  'testing.ts': 'the exports of `isthmus/testing`',
  admin: 'the admin listener: API keys and the audit log over GraphQL',
  http: 'Fastify app and its routes, the listener in front of it for plain GraphQL requests, `/v1`, health, draining, the landing page',
  testing: 'the scripted provider for tests: OpenAI’s, Anthropic’s and Gemini’s wires, recordings, faults',
  'registry/checks': 'what a change of the graph would break, cost and show, before it is published',
  'open-pricer.ts': 'prices operations by a supergraph alone',
  'read-supergraph.ts': 'reads and composes what a configuration names, AI fields checked',
  workers: 'several threads that serve one supergraph, and swap its generations together',
  'gateway.ts': '`createGateway`: its options and its life',
  runtime: 'builds generations from a configuration, watches, reloads and swaps them',
  plugins: 'hooks in a request’s life: plugins, the coprocessor',
  execution: 'compiled plans, entity batching, merging, response shaping',
  access: 'callers and what they may read: directives, policies, decisions',
  limits: 'how large operations may be, what their arguments may be, and what they cost',
  'access/principal.ts': 'the caller of a request',
  planning: 'operation normalisation, planner processes, plan cache',
  'ai/fields': 'the AI subgraph: directives, prompts, structured output, batches, cache',
  supergraph: 'composition, immutable schema generations, watching, hot swap',
  'ai/budgets': 'what models may be used for, by whom, in which period',
  'ai/pricing': 'what the AI fields of an operation cost, before it runs',
  'ai/ledger': 'every model call as a row of the store, through files that outlive a crash',
  'ai/models': 'the model client: routing, fallback, limits, caches, guarding, records',
  'ai/providers': 'the configured providers',
  'ai/providers/openai': 'providers on the wires of OpenAI',
  'ai/providers/ai-sdk': 'providers through AI SDK packages',
  'ai/providers/local': 'the built-in models',
  'ai/providers/http': 'HTTP exchanges with providers',
  'ai/wires/openai-chat': 'the chat completions wire: reads and writes requests and answers, whole and streamed',
  'ai/wires/openai-responses': 'the responses wire',
  'ai/wires/openai-completions': 'the legacy completions wire',
  'ai/wires/openai-embeddings': 'the embeddings wire',
  'ai/wires/openai-moderations': 'the moderations wire',
  'ai/wires/anthropic-messages': 'Anthropic’s messages wire',
  'ai/wires/shared': 'shared by wires: fields, media, usage, errors, streams',
  'ai/tokens': 'tokens of a text, counted or estimated',
  'ai/prices': 'prices by provider, model and date, in exact integers',
  'ai/fitting': 'adapts requests to their target, by the provider’s policy',
  transport: 'SubgraphClient over HTTP: pools, timeouts, retries, breakers, header rules',
  cache: 'stores of cached bytes: memory, Redis',
  'cache/tags': 'what answers are invalidated by: entities, `@cacheTag`',
  'subgraph-cache': 'answers of subgraphs, cached by entity',
  persisted: 'documents that clients name instead of sending them: trusted ones, automatic persisted queries',
  store: 'durable state: API keys, the audit log, the ledger and records of operations, in SQLite or PostgreSQL',
  'observability/records': 'what a record of an operation is, sums, and histograms that add up',
  canary: 'a generation served to a share of the callers: counted beside the other, judged, promoted or withdrawn',
  'registry/routes': 'the HTTP API of a registry',
  'registry/publish': 'changes of a graph: composed as a gateway would, published, rolled back, promoted',
  'registry/follow': 'what serves of a graph, followed in a store or over HTTP, verified, and kept on disk',
  'registry/generation': 'what a generation of a graph consists of: content by hash, signatures, folders on disk',
  archive: 'several files in one, verified before anything is taken out',
  'store/backup': 'the store in one file, and back',
  'store/records': 'records of operations, sums of hours and usage as rows, written, searched and pruned',
  usage: 'sums of what operations use, by operation and client, and what is asked of them',
  'usage/coordinates': 'the coordinates that a document and its variables name',
  'store/sqlite-database.ts': 'SQLite for kysely',
  'store/postgres-database.ts': 'PostgreSQL for kysely',
  'store/tables.ts': 'the tables of the store',
  records: 'which operations are recorded, their sums, and the thread that writes them to the store',
  alerts: 'rules over the recorded sums, and what begins and ends to be told',
  webhooks: 'signed messages to a URL',
  'ai/guardrails': 'personal data, secrets, prompt injection, limits of inputs and answers',
  'ai/model-call': 'the one form of a model call: request, answer, usage, failure, provider',
  observability: 'the logger, events of requests, metrics, traces, records of model calls',
  tls: 'certificates and keys in files: checked, then used, replaced while they are used',
  counters: 'exact counters: several changed in one step, windows, leases',
  redis: 'connections to Redis and Valkey: one server, behind Sentinels, a cluster',
  threads: 'calls and log lines between threads',
  signals: 'short messages between the threads that serve one supergraph',
  config: 'reads supergraph.yaml into a frozen configuration',
  errors: 'the error table',
  documents: 'parts of parsed GraphQL documents that several phases look up',
  lib: 'language-level code without domain terms',
};

export function layoutSection(ranks: Readonly<Record<string, number>>): string {
  const rankOf = (part: string): number => ranks[part] ?? 0;
  const ordered = Object.entries(parts).sort(([a], [b]) => rankOf(b) - rankOf(a));
  const rows = ordered.map(([part, purpose]) => `| ${rankOf(part)} | \`src/${part}\` | ${purpose} |`);
  return ['| rank | part | what it is for |', '|---|---|---|', ...rows].join('\n');
}

/** The page with the text between `<!-- name:begin -->` and `<!-- name:end -->` replaced. */
export function withSection(page: string, name: string, text: string): string {
  const pattern = new RegExp(`(<!-- ${name}:begin -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!pattern.test(page)) throw new Error(`the page has no section ${name}`);
  return page.replace(
    pattern,
    (_whole, begin: string, end: string) => `${begin}${text === '' ? '' : `${text}\n`}${end}`,
  );
}
