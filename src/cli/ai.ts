/**
 * `isthmus ai warm` runs a query against a running gateway, so that its AI fields are cached; `isthmus ai invalidate`
 * invalidates the cached answers of a prompt or a type.
 */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { GraphQLError, Kind, parse } from 'graphql';
import { fieldTags, readPromptFolder } from '../ai/fields/index.ts';
import { invalidateInRedis } from '../cache/index.ts';
import { loadConfig, type ResolvedConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { formatUsd, readBounded } from '../lib/index.ts';
import { importedDirectives } from '../supergraph/index.ts';
import { adminUrlOf } from './frame/admin-url.ts';
import { askAdmin, withGateway } from './frame/ask-admin.ts';
import { cliCommand, commandGroup } from './frame/cli-command.ts';
import { fail } from './frame/cli-failure.ts';
import { printResult, reportFinding } from './frame/print-result.ts';
import { addressOf, type StoreOptions } from './frame/store-or-gateway.ts';
import { withProgress } from './frame/with-progress.ts';
import { readHeader } from './options/read-header.ts';
import { printable } from './printable.ts';
import { readInput } from './read-input.ts';

/** How long one operation may take in total; the gateway's own limit is server.operation_timeout. */
const warmTimeoutMs = 600_000;
const maxAnswerBytes = 64_000_000;
const tooLong = () => new Error(`the answer is longer than ${maxAnswerBytes / 1_000_000} MB`);
const maxShownCharacters = 1_000;

export function aiCommand(): Command {
  return commandGroup('ai', 'The cached answers of AI fields.', [warmCommand(), invalidateCommand()]);
}

interface WarmOptions {
  readonly query: string;
  readonly operation?: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly gateway: string;
  readonly json: boolean;
  readonly header: readonly (readonly [string, string])[];
}

/** Exits 1 if a field failed or no AI field was answered. */
function warmCommand(): Command {
  return cliCommand('warm', {
    description: 'Run a query against a running gateway to cache its AI fields.',
    examples: [
      'isthmus ai warm --query page.graphql',
      'isthmus ai warm --query page.graphql --variables \'{"id":"p1"}\' --gateway https://shop.example/graphql',
    ],
  })
    .requiredOption('--query <file>', 'a .graphql file with a query, - for the input (required)')
    .option('--operation <name>', 'which of its operations, where it has several')
    .option('--variables <json>', 'the query’s variables, as a JSON object', readVariables, {})
    .option('--gateway <url>', 'the gateway’s GraphQL endpoint', 'http://127.0.0.1:4000/graphql')
    .option('--header <line>', "a header of the request, 'name: value'; may be repeated", readHeader, [])
    .action(warm);
}

async function warm(options: WarmOptions): Promise<void> {
  const query = await readQuery(options.query);
  report(await withProgress('generating', () => ask(query, options)), options.json);
}

async function ask(query: string, { operation, variables, gateway, header }: WarmOptions): Promise<unknown> {
  try {
    const response = await fetch(gateway, {
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
    return JSON.parse((await readBounded(response.body, maxAnswerBytes, tooLong)).toString('utf8'));
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    const message = `${gateway} did not answer like a gateway: ${messageOf(error)}${cause}`;
    return fail('GATEWAY_UNREACHABLE', message);
  }
}

/** Only queries: a mutation would repeat its side effects. */
async function readQuery(file: string): Promise<string> {
  const text = await readInput(file);
  try {
    const operations = parse(text).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    if (operations.length > 0 && operations.every((operation) => operation.operation === 'query')) return text;
  } catch (error) {
    const place = error instanceof GraphQLError ? `:${error.locations?.[0]?.line ?? 1}` : '';
    return fail('FILE', `${file}${place}: ${messageOf(error)}`);
  }
  return fail('REFUSED', `${file}: only queries are run`);
}

/** The answer is outside data: any server may listen at the URL. */
function report(answer: unknown, json: boolean): void {
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
  const problems = errors.map((error) => {
    const path = listOf(fieldOf(error, 'path')).join('.');
    const code = fieldOf(fieldOf(error, 'extensions'), 'code');
    const line = `${path === '' ? 'the operation' : path}: ${code ?? ''} ${fieldOf(error, 'message') ?? ''}`;
    return printable(line).slice(0, maxShownCharacters);
  });
  if (explained.length === 0 && errors.length === 0)
    problems.push(
      'no AI field was answered: the query selects none, or the gateway has ai.fields.explain.enabled: false',
    );
  const usd = formatUsd(costNanoUsd);
  const counts = { generated, deduplicated: shared, cached: fromCache, failed: errors.length };
  printResult(
    { json },
    { ...counts, usd, problems },
    () => `${generated} generated${equal}, ${fromCache} already cached, ${errors.length} failed; ${usd} USD`,
  );
  for (const problem of json ? [] : problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) reportFinding();
}

interface InvalidateOptions extends StoreOptions {
  readonly json: boolean;
  readonly prompt?: string;
  readonly type?: string;
}

function invalidateCommand(): Command {
  const command = cliCommand('invalidate', {
    description: 'Invalidate the cached answers of a prompt’s fields, or of a type’s.',
    examples: [
      'isthmus ai invalidate --prompt review-summary',
      'isthmus ai invalidate --type Review --gateway https://shop.example:4400',
    ],
  })
    .option('--prompt <name>', 'a prompt, all its versions')
    .option('--type <name>', 'an object type with AI fields')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml');
  const fallback = 'the Redis of the configuration, or else its admin listener';
  return withGateway(command, 'admin:write', fallback).action(invalidate);
}

async function invalidate({ config, json, prompt, type, ...from }: InvalidateOptions): Promise<void> {
  if ((prompt === undefined) === (type === undefined)) return fail('COMMAND_LINE', 'name one of --prompt and --type');
  const name = (prompt ?? type ?? '').split('@')[0] ?? '';
  const target = prompt === undefined ? { kind: 'ai_type', type: name } : { kind: 'prompt', prompt: name };
  const address = addressOf({ config, ...from });
  if (address === undefined) await invalidateByConfig(config, from.key, target, name);
  else await askAdmin(address, { path: '/admin/invalidate', body: [target] });
  const { kind: _, ...invalidated } = target;
  printResult({ json }, { invalidated }, () => `the cached answers of ${name} are invalidated`);
}

async function invalidateByConfig(
  file: string,
  key: string | undefined,
  target: { readonly kind: string },
  name: string,
): Promise<void> {
  const config = await loadConfig(file);
  const { admin } = config;
  const { store } = config.ai.cache;
  if (store.kind === 'memory' && admin === undefined)
    return fail(
      'REFUSED',
      'ai.cache.store is memory: the answers are in the memory of each running gateway. ' +
        'With `admin` in the configuration, or with `--gateway`, this command asks one; an edited prompt has other answers. ' +
        'With `ai: { cache: { store: redis, url: … } }` it works without a gateway.',
    );
  const isPrompt = target.kind === 'prompt';
  const names = isPrompt ? await promptsOf(config) : await typesOf(config);
  if (!names.has(name)) return fail('NOT_FOUND', `no AI subgraph has "${name}"; there are ${[...names].join(', ')}`);
  if (store.kind !== 'memory') {
    const isDone = await invalidateInRedis(store.url, [isPrompt ? fieldTags.prompt(name) : fieldTags.type(name)]);
    if (!isDone) return fail('STORE', 'Redis cannot be reached: nothing was invalidated');
  } else if (admin !== undefined) {
    const address = { gateway: adminUrlOf(admin), ...(key === undefined ? {} : { key }) };
    await askAdmin(address, { path: '/admin/invalidate', body: [target] });
  }
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
