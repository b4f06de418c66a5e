/**
 * The registry, as commands reach it: that of a gateway or registry that runs, with `--gateway`, or else that of the store of a
 * configuration, whether or not anything runs. Both answer through the same routes.
 */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { defaultVariant, type GraphRef, graphNameRule, loadConfig, parseGraphRef } from '../../config/index.ts';
import { promptsFolder, schemaFile } from '../../registry/generation/index.ts';
import type { CompositionProblem } from '../../supergraph/index.ts';
import type { Usage, UsageRequest } from '../../usage/index.ts';
import { type AdminAddress, askAdmin, keyAdvice } from '../frame/ask-admin.ts';
import { CliFailure, fail, refuse } from '../frame/cli-failure.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { withProgress } from '../frame/with-progress.ts';
import { withRecords } from '../log/with-records.ts';
import { withStore } from '../with-store.ts';

export interface RegistryOptions extends StoreOptions {
  readonly json: boolean;
}

/** The options of `RegistryOptions`, without `--json`. */
export function withRegistry(command: Command, scope: 'admin:read' | 'registry:publish'): Command {
  return withStoreOrGateway(command, scope);
}

/** By subgraph. */
export type OwnFiles = Readonly<
  Record<string, { readonly schema?: string | undefined; readonly prompts?: string | undefined }>
>;

export interface RegistryRequest {
  readonly method?: 'GET' | 'POST';
  /** Below the graph: `publish`. */
  readonly path: string;
  readonly body?: unknown;
  /** Said while it takes long. */
  readonly progress?: string;
  /** The owner's own files, by subgraph: what problems are to name. */
  readonly files?: OwnFiles;
}

const timeoutMs = 150_000;
const maxAnswerBytes = 64_000_000;

/**
 * @returns the answer's body
 * @throws CliFailure with what is wrong
 */
export async function askRegistry(options: RegistryOptions, ref: GraphRef, request: RegistryRequest): Promise<unknown> {
  const {
    path,
    body,
    method = body === undefined ? 'GET' : 'POST',
    progress = 'asking the registry',
    files = {},
  } = request;
  const url = `/registry/v1/graphs/${ref.graph}/${ref.variant}/${path}`;
  const call = { method, url, body: body === undefined ? '' : JSON.stringify(body) };
  const address = addressOf(options);
  const { status, content } = await withProgress(progress, () =>
    address === undefined ? askStore(options, call) : askRunning(address, call),
  );
  return bodyOf(status, content, files);
}

/** The graph of an argument, or else the one that the configuration follows. */
export async function graphOf(argument: string | undefined, { config, gateway }: RegistryOptions): Promise<GraphRef> {
  if (argument !== undefined) {
    const ref = parseGraphRef(argument);
    return (
      ref ??
      fail(
        'COMMAND_LINE',
        `"${argument}" is no graph: write a name and a variant, such as shop@production; ${graphNameRule}`,
      )
    );
  }
  const isRemote = gateway !== undefined;
  const ofFile = await loadConfig(config).catch((error: unknown) => {
    if (isRemote) return undefined;
    throw error;
  });
  return ofFile?.registry.ref ?? { graph: 'main', variant: defaultVariant };
}

interface Answered {
  readonly status: number;
  readonly content: unknown;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: string;
}

async function askStore({ config }: RegistryOptions, { method, url, body }: Call): Promise<Answered> {
  const { createLogger } = await import('../../observability/index.ts');
  const { createRegistry } = await import('../../registry/publish/index.ts');
  const { Changelog, createRegistryRoutes, RegistryChecks } = await import('../../registry/routes/index.ts');
  const { status, body: content } = await withStore(config, async (store) => {
    const load = (published?: Parameters<typeof loadConfig>[3]) => loadConfig(config, undefined, undefined, published);
    const registry = createRegistry({ store, configFile: config, load });
    const log = createLogger({ level: 'silent' });
    const checks = new RegistryChecks({
      registry,
      loadConfig: load,
      usage: (request) => readUsage(config, request),
      log,
    });
    const routes = createRegistryRoutes({ registry, store, changelog: new Changelog(store.registry), checks });
    const caller = {
      actor: `cli:${userInfo().username}`,
      mayRead: true,
      mayWrite: true,
      publishes: 'all',
      teams: 'any',
    } as const;
    const { signal } = new AbortController();
    return routes.answer({ method, url, body, knownTag: undefined, mediaTypes: undefined, caller, signal });
  });
  return { status, content };
}

/** What the gateways of the store have recorded. */
function readUsage(config: string, request: UsageRequest): Promise<Usage> {
  return withRecords(config, (records) => records.usage(request));
}

async function askRunning(address: AdminAddress, { method, url: path, body }: Call): Promise<Answered> {
  const content = body === '' ? {} : { body: JSON.parse(body) as unknown };
  try {
    const text = await askAdmin(address, { method, path, ...content, timeoutMs, maxAnswerBytes });
    return { status: 200, content: /\.graphql(?:\?|$)/.test(path) || text === '' ? text : JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof CliFailure) || error.code !== 'GATEWAY_REFUSED') throw error;
    const { status, answer } = error.fields;
    return { status: Number(status), content: parsed(String(answer)) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Refusal {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly problems?: readonly CompositionProblem[] };
}

/** @throws CliFailure for what was refused */
async function bodyOf(status: number, body: unknown, files: OwnFiles): Promise<unknown> {
  if (status < 400) return body;
  const { errors } = (body ?? {}) as { readonly errors?: readonly Refusal[] };
  const [{ message = `the registry answered ${status}`, extensions } = {}] = errors ?? [];
  const { code, problems } = extensions ?? {};
  if (code === 'COMPOSITION_FAILED' && problems !== undefined) {
    const { formatProblems } = await import('../../supergraph/index.ts');
    const relocated = problems.map((problem) => withOwnFiles(problem, files));
    refuse('COMPOSITION', `it does not compose:\n${formatProblems(relocated)}`, { problems: relocated });
  }
  if (code === 'CONFIG_INVALID') refuse('CONFIGURATION', message);
  if (status === 404) fail('NOT_FOUND', message);
  if (status === 401) fail('REFUSED', `${message} ${keyAdvice}`);
  if (status === 400) fail('COMMAND_LINE', message);
  return refuse('REFUSED', message);
}

function withOwnFiles(problem: CompositionProblem, files: OwnFiles): CompositionProblem {
  const places = problem.places.map((place) => {
    const { schema } = (Object.hasOwn(files, place.subgraph) ? files[place.subgraph] : undefined) ?? {};
    return schema === undefined || !place.origin.endsWith(schemaFile) ? place : { ...place, origin: schema };
  });
  let { message } = problem;
  for (const [name, { prompts }] of Object.entries(files))
    if (prompts !== undefined)
      message = message.replaceAll(`(${name}/${promptsFolder}/`, `(${prompts.replace(/\/+$/, '')}/`);
  return { ...problem, message, places };
}

export const graphArgument = 'the graph and its variant; default: the one that the configuration follows';
