/**
 * `isthmus ai warm` runs a query against a running gateway, so that its AI fields are cached; `isthmus ai invalidate`
 * invalidates the cached answers of a prompt or a type.
 */
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { GraphQLError, Kind, parse } from 'graphql';
import { fieldTags, readPromptFolder } from '../ai/fields/index.ts';
import { invalidateInRedis } from '../cache/index.ts';
import { loadConfig, type ResolvedConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { formatUsd, readBounded } from '../lib/index.ts';
import { importedDirectives } from '../supergraph/index.ts';
import { type AdminAddress, askAdmin } from './cache/ask-admin.ts';
import { fail } from './fail.ts';
import { printable } from './printable.ts';
import { readHeader } from './read-header.ts';

/** How long one operation may take in total; the gateway's own limit is server.operation_timeout. */
const warmTimeoutMs = 600_000;
const maxAnswerBytes = 64_000_000;
const tooLong = () => new Error(`the answer is longer than ${maxAnswerBytes / 1_000_000} MB`);
const maxShownCharacters = 1_000;

export function aiCommand(): Command {
  return new Command('ai')
    .description('The cached answers of AI fields.')
    .addCommand(warmCommand())
    .addCommand(invalidateCommand());
}

interface WarmOptions {
  readonly query: string;
  readonly operation?: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly url: string;
  readonly header: readonly (readonly [string, string])[];
}

/** Exits 1 if a field failed, the query has no AI field, or the gateway did not answer. */
function warmCommand(): Command {
  return new Command('warm')
    .description('Run a query against a running gateway to cache its AI fields.')
    .requiredOption('--query <file>', 'a .graphql file with a query (required)')
    .option('--operation <name>', 'which of its operations, where it has several')
    .option('--variables <json>', 'the query’s variables, as a JSON object', readVariables, {})
    .option('--url <url>', 'the gateway’s GraphQL endpoint', 'http://127.0.0.1:4000/graphql')
    .option('--header <line>', "a header of the request, 'name: value'; may be repeated", readHeader, [])
    .action(warm);
}

async function warm({ query: file, operation, variables, url, header }: WarmOptions): Promise<void> {
  const query = await readQuery(file);
  if (query === undefined) return;
  let answer: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...Object.fromEntries(header),
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        'isthmus-explain': 'ai',
      },
      body: JSON.stringify({ query, variables, ...(operation === undefined ? {} : { operationName: operation }) }),
      signal: AbortSignal.timeout(warmTimeoutMs),
    });
    answer = JSON.parse((await readBounded(response.body, maxAnswerBytes, tooLong)).toString('utf8'));
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    return fail(`${url} did not answer like a gateway: ${messageOf(error)}${cause}`);
  }
  report(answer);
}

/** Only queries: a mutation would repeat its side effects. */
async function readQuery(file: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
    const operations = parse(text).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    if (operations.length > 0 && operations.every((operation) => operation.operation === 'query')) return text;
  } catch (error) {
    const place = error instanceof GraphQLError ? `:${error.locations?.[0]?.line ?? 1}` : '';
    fail(`${file}${place}: ${messageOf(error)}`);
    return undefined;
  }
  fail(`${file}: only queries are run`);
  return undefined;
}

/** The answer is outside data: any server may listen at the URL. */
function report(answer: unknown): void {
  const errors = listOf(fieldOf(answer, 'errors'));
  const explained = Object.values(objectOf(fieldOf(fieldOf(answer, 'extensions'), 'ai')));
  let generated = 0;
  let shared = 0;
  let costNanoUsd = 0n;
  for (const explanation of explained) {
    const cached = fieldOf(explanation, 'cached');
    if (cached === 'shared') shared++;
    else if (cached === false) generated++;
    costNanoUsd += nanoUsdOf(fieldOf(explanation, 'costUsd'));
  }
  const fromCache = explained.length - generated - shared;
  const equal = shared === 0 ? '' : `, ${shared} deduplicated`;
  process.stdout.write(
    `${generated} generated${equal}, ${fromCache} already cached, ${errors.length} failed; ${formatUsd(costNanoUsd)} USD\n`,
  );
  for (const error of errors) {
    const path = listOf(fieldOf(error, 'path')).join('.');
    const code = fieldOf(fieldOf(error, 'extensions'), 'code');
    const line = `${path === '' ? 'the operation' : path}: ${code ?? ''} ${fieldOf(error, 'message') ?? ''}`;
    fail(printable(line).slice(0, maxShownCharacters));
  }
  if (explained.length === 0 && errors.length === 0)
    fail('no AI field was answered: the query selects none, or the gateway has ai.fields.explain.enabled: false');
}

interface InvalidateOptions extends Partial<AdminAddress> {
  readonly config: string;
  readonly prompt?: string;
  readonly type?: string;
}

/** Exits 1 if nothing could be invalidated. */
function invalidateCommand(): Command {
  return new Command('invalidate')
    .description('Invalidate the cached answers of a prompt’s fields, or of a type’s.')
    .option('--prompt <name>', 'a prompt, all its versions')
    .option('--type <name>', 'an object type with AI fields; with Redis')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--url <url>', 'without Redis, the gateway’s admin listener; default: that of the configuration')
    .option('--key <key>', 'an API key with the scope admin:write; default: ISTHMUS_ADMIN_KEY')
    .action(invalidate);
}

async function invalidate({ config: file, prompt, type, url, key }: InvalidateOptions): Promise<void> {
  if ((prompt === undefined) === (type === undefined)) return fail('name one of --prompt and --type', 2);
  const config = await loadConfig(file);
  const { admin } = config;
  const { store } = config.ai.cache;
  const adminUrl = url ?? (admin && adminUrlOf(admin));
  if (store.kind === 'memory' && (prompt === undefined || adminUrl === undefined)) {
    return fail(
      'ai.cache.store is memory: the answers are in the memory of each running gateway. ' +
        'With `admin` in the configuration, `--prompt` asks one; an edited prompt has other answers. ' +
        'With `ai: { cache: { store: redis, url: … } }` this command works without a gateway, with `--type` too.',
    );
  }
  const names = prompt === undefined ? await typesOf(config) : await promptsOf(config);
  const name = (prompt ?? type ?? '').split('@')[0] ?? '';
  if (!names.has(name)) return fail(`no AI subgraph has "${name}"; there are ${[...names].join(', ')}`);
  if (store.kind === 'memory') {
    const address = { url: adminUrl ?? '', ...(key === undefined ? {} : { key }) };
    if ((await askAdmin('/admin/invalidate', [{ kind: 'prompt', prompt: name }], address)) === undefined) return;
  } else {
    const tag = prompt === undefined ? fieldTags.type(name) : fieldTags.prompt(name);
    const isDone = await invalidateInRedis(store.url, [tag]);
    if (!isDone) return fail('Redis cannot be reached: nothing was invalidated');
  }
  process.stdout.write(`the cached answers of ${name} are invalidated\n`);
}

/** On this machine: where the listener has every address, loopback is one. */
function adminUrlOf({ host, port, tls }: NonNullable<ResolvedConfig['admin']>): string {
  const isEvery = host === '0.0.0.0' || host === '::';
  const name = host.includes(':') && !isEvery ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${isEvery ? '127.0.0.1' : name}:${port}`;
}

async function promptsOf({ subgraphs }: ResolvedConfig): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const subgraph of subgraphs) {
    if (subgraph.kind !== 'ai') continue;
    const folder = await readPromptFolder(subgraph.promptsFolder);
    for (const { name } of folder.list()) names.add(name.split('@')[0] ?? name);
  }
  return names;
}

async function typesOf({ subgraphs }: ResolvedConfig): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const subgraph of subgraphs) {
    if (subgraph.kind !== 'ai') continue;
    const document = parse(await readFile(subgraph.schema.path, 'utf8'));
    const generate = importedDirectives(document, 'ai').get('generate');
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
      const directives = (definition.fields ?? []).flatMap((field) => field.directives ?? []);
      if (directives.some(({ name }) => name.value === generate)) names.add(definition.name.value);
    }
  }
  return names;
}

function readVariables(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidArgumentError('Variables are a JSON object, such as {"id":"p1"}.');
  }
  return value as Readonly<Record<string, unknown>>;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? (value as Readonly<Record<string, unknown>>) : {};
}

function fieldOf(value: unknown, name: string): unknown {
  const object = objectOf(value);
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `0.00014` is 140000n. */
function nanoUsdOf(text: unknown): bigint {
  const [, whole, fraction = ''] = typeof text === 'string' ? (/^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? []) : [];
  return whole === undefined ? 0n : BigInt(whole + fraction.padEnd(9, '0'));
}
