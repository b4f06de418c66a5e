/**
 * A running gateway from a supergraph.yaml: builds immutable generations and swaps them while it serves.
 *
 * A generation is everything that changes together: configuration, supergraph, subgraph clients, prompts, engine. It is
 * built and prepared aside, then swapped in by one assignment. A file that cannot be read, composed or prepared leaves
 * the previous generation serving.
 *
 * Longer than most files: it alone knows every part, and hands the lower ones what they need of the higher ones.
 */
import { dirname, relative, resolve } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import {
  checkAiSubgraph,
  createAiSubgraph,
  modelChecks,
  type PromptFolder,
  type PublishedPrompt,
  publishedPrompts,
  readFieldCode,
  readPromptFolder,
  reportAiSubgraph,
  type SensitiveFields,
  type SubgraphCode,
  sensitiveFieldsOf,
} from './ai/fields/index.ts';
import { type ModelClient, type ModelsLease, refuseMissingPackages, SharedModels } from './ai/models/index.ts';
import { ConfigError, loadConfig, type ResolvedConfig, type SubgraphConfig } from './config/index.ts';
import { messageOf } from './errors/index.ts';
import {
  createIsthmusEngine,
  createReferenceEngine,
  type ExecutionEngine,
  refuseMissingReference,
} from './execution/index.ts';
import { invariant, stableHash, unreachable } from './lib/index.ts';
import type { Logger } from './observability/index.ts';
import { createPlannerPool, type PlannerPool } from './planning/index.ts';
import {
  buildApiSchema,
  type Composition,
  CompositionError,
  type CompositionProblem,
  compose,
  type FileWatch,
  formatProblems,
  type Generation,
  Generations,
  problemFields,
  readSources,
  type SubgraphSource,
  watchFiles,
} from './supergraph/index.ts';
import { createHttpSubgraph, type SubgraphClient } from './transport/index.ts';

export interface GatewayGeneration extends Generation {
  readonly config: ResolvedConfig;
  readonly supergraphSdl: string;
  readonly apiSchema: GraphQLSchema;
  readonly engine: ExecutionEngine;
  readonly models: ModelClient;
  /** Prompts that are served by themselves, under /v1/prompts. */
  readonly prompts: readonly PublishedPrompt[];
}

export interface GatewayOptions {
  /** The path of the supergraph.yaml. */
  readonly configFile: string;
  readonly log: Logger;
  /** Where `${NAME}` in the configuration is read from. @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether changes of the configuration, schemas and prompts are taken up while running. @default true */
  readonly watch?: boolean;
}

/** What `reload` came to; a refusal has been logged, with every problem. */
export type ReloadOutcome =
  | { readonly kind: 'swapped'; readonly generation: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly error: Error };

export interface Gateway {
  readonly generations: Generations<GatewayGeneration>;
  /** Runs before each generation serves, the current one included; a rejection refuses the generation. */
  prepareWith(prepare: (generation: GatewayGeneration) => Promise<void>): Promise<void>;
  reload(): Promise<ReloadOutcome>;
  close(): Promise<void>;
}

/**
 * Reads the configuration, composes and builds the first generation.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { configFile, log, environment = process.env, watch = true } = options;
  const generations = new Generations<GatewayGeneration>();
  const shared: Shared = {
    models: new SharedModels(log, dirname(resolve(configFile))),
    planners: createPlannerPool({ log }),
  };
  const preparations: ((generation: GatewayGeneration) => Promise<void>)[] = [];

  const first = await readSupergraph(await loadConfig(configFile, environment));
  generations.swap(await buildGeneration(first, shared, log));
  log.info({ generation: first.id, subgraphs: first.config.subgraphs.map(({ name }) => name) }, 'supergraph composed');

  const attempt = async (): Promise<ReloadOutcome> => {
    try {
      const parts = await readSupergraph(await loadConfig(configFile, environment));
      if (!closing) files?.update(watchedPaths(parts.config));
      if (parts.id === generations.current?.id) return { kind: 'unchanged' };
      const generation = await buildGeneration(parts, shared, log);
      try {
        await letOthersRun();
        for (const prepare of preparations) await prepare(generation);
        await generation.engine.warm(generations.current?.engine.mostUsed(warmedOperations) ?? []);
      } catch (error) {
        await generation.close();
        throw error;
      }
      generations.swap(generation);
      log.info({ generation: generation.id }, 'a new generation serves');
      return { kind: 'swapped', generation: generation.id };
    } catch (error) {
      const expected = error instanceof ConfigError || error instanceof CompositionError;
      const message = `the change was refused; the previous generation keeps serving\n${messageOf(error)}`;
      const fields = error instanceof CompositionError ? { problems: problemFields(error.problems) } : {};
      log.error({ generation: generations.current?.id, ...(expected ? fields : { error }) }, message);
      return { kind: 'refused', error: error instanceof Error ? error : new Error(messageOf(error)) };
    }
  };

  // One reload runs and one waits at most: it begins after every change that asked for it, so it sees them all.
  let closing = false;
  let running: Promise<unknown> = Promise.resolve();
  let pending: Promise<ReloadOutcome> | undefined;
  const reload = (): Promise<ReloadOutcome> => {
    pending ??= running.then(() => {
      pending = undefined;
      const outcome: Promise<ReloadOutcome> = closing ? Promise.resolve({ kind: 'unchanged' }) : attempt();
      running = outcome;
      return outcome;
    });
    return pending;
  };
  const files: FileWatch | undefined = watch ? watchFiles(watchedPaths(first.config), () => void reload()) : undefined;

  return {
    generations,
    async prepareWith(prepare) {
      preparations.push(prepare);
      if (generations.current !== undefined) await prepare(generations.current);
    },
    reload,
    async close() {
      closing = true;
      await files?.close();
      await (pending ?? running);
      await generations.close();
      await shared.planners.close();
    },
  };
}

/** A supergraph that composes, with everything its generation is built from. */
export interface SupergraphParts {
  readonly id: string;
  readonly config: ResolvedConfig;
  readonly sources: ReadonlyMap<string, SubgraphSource>;
  readonly prompts: ReadonlyMap<string, PromptFolder>;
  readonly code: ReadonlyMap<string, SubgraphCode>;
  readonly sensitive: SensitiveFields;
  /** Which AI fields read personal data, a line each. */
  readonly report: readonly string[];
  readonly composition: Composition;
}

/**
 * Reads and composes what a configuration names, AI fields checked.
 * @throws CompositionError with every problem found, or ConfigError for a provider's package that is not installed
 */
export async function readSupergraph(config: ResolvedConfig): Promise<SupergraphParts> {
  refuseMissingReference(config);
  refuseMissingPackages(config);
  const sources = await readSources(config);
  const prompts = new Map<string, PromptFolder>();
  const code = new Map<string, SubgraphCode>();
  const problems: CompositionProblem[] = [];
  for (const subgraph of config.subgraphs) {
    if (subgraph.kind !== 'ai') continue;
    prompts.set(subgraph.name, await readPromptFolder(subgraph.promptsFolder));
    if (subgraph.codeFile === undefined) continue;
    const read = await readFieldCode(subgraph.codeFile);
    if (typeof read !== 'string') code.set(subgraph.name, read);
    else problems.push(codeProblem(subgraph.name, subgraph.codeFile, read));
  }
  const sensitive = await sensitiveFieldsOf(sources);
  const hints: CompositionProblem[] = [];
  const report: string[] = [];
  for (const source of sources) {
    const folder = prompts.get(source.name);
    if (folder === undefined) continue;
    const check = { source, prompts: folder, models: modelChecks(config.ai), sensitive, code: code.get(source.name) };
    problems.push(...checkAiSubgraph(check));
    const reported = reportAiSubgraph(check);
    hints.push(...reported.hints);
    report.push(...reported.report);
  }
  const composed = await composeBeside(sources, problems);
  const composition = { ...composed, hints: [...composed.hints, ...hints] };
  return {
    id: stableHash({
      config,
      sources,
      prompts: [...prompts.values()].map((folder) => folder.hash),
      code: [...code.values()].map(({ hash }) => hash),
    }).slice(0, 16),
    config,
    sources: new Map(sources.map((source) => [source.name, source])),
    prompts,
    code,
    sensitive,
    report,
    composition,
  };
}

function codeProblem(subgraph: string, file: string, message: string): CompositionProblem {
  const place = { subgraph, origin: relative(process.cwd(), file), line: undefined };
  const mend = 'correct the module, or remove the subgraph’s `code`';
  return { severity: 'error', code: 'AI_CODE_INVALID', message, places: [place], mend };
}

/** Composes even where AI fields have problems, so that an owner reads all of them at once. */
async function composeBeside(
  sources: readonly SubgraphSource[],
  problems: readonly CompositionProblem[],
): Promise<Composition> {
  try {
    const composition = await compose(sources);
    if (problems.length === 0) return composition;
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    throw new CompositionError([...error.problems, ...problems]);
  }
  throw new CompositionError(problems);
}

/** In steps with the loop free in between: requests are served on the previous generation meanwhile. */
async function buildGeneration(parts: SupergraphParts, shared: Shared, log: Logger): Promise<GatewayGeneration> {
  const { id, config, composition } = parts;
  if (composition.hints.length > 0)
    log.info(
      { generation: id, problems: problemFields(composition.hints) },
      `composition hints\n${formatProblems(composition.hints)}`,
    );
  for (const line of parts.report) log.info({ generation: id }, line);
  const lease = shared.models.acquire(config.ai);
  const clients = new Map<string, SubgraphClient>();
  const close = async (): Promise<void> => {
    await Promise.all([...clients.values()].map((client) => client.close()));
    await lease.release();
  };
  try {
    await letOthersRun();
    const apiSchema = await buildApiSchema(composition.apiPieces);
    for (const subgraph of config.subgraphs) {
      await letOthersRun();
      clients.set(subgraph.name, createClient(subgraph, parts, lease, log));
    }
    await letOthersRun();
    const engine = await createEngine(parts, apiSchema, clients, shared.planners, log);
    return {
      id,
      config,
      supergraphSdl: composition.supergraphSdl,
      apiSchema,
      engine,
      models: lease.client,
      prompts: [...parts.prompts].flatMap(([name, folder]) => publishedPrompts(folder, name)),
      async close() {
        await engine.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function createClient(
  subgraph: SubgraphConfig,
  { config, sources, prompts, code, sensitive }: SupergraphParts,
  { client: models, cache }: ModelsLease,
  log: Logger,
): SubgraphClient {
  const { name } = subgraph;
  if (subgraph.kind === 'http') {
    const { [name]: traffic } = config.traffic.subgraphs;
    const { [name]: headers } = config.headers;
    invariant(traffic !== undefined && headers !== undefined, `${name} has been resolved`);
    return createHttpSubgraph({
      ...traffic,
      name,
      url: subgraph.routingUrl,
      headers,
      shareIdentical: config.traffic.shareIdentical !== 'off',
      onBreakerChange: (url, breaker) =>
        log.warn({ subgraph: name, url, breaker }, 'a subgraph’s circuit breaker changed'),
    });
  }
  const sdl = sources.get(name)?.sdl;
  const folder = prompts.get(name);
  invariant(sdl !== undefined && folder !== undefined, `${name} has been read`);
  return createAiSubgraph({
    name,
    sdl,
    prompts: folder,
    models,
    config: fieldsWithin(config),
    cache,
    sensitive,
    code: code.get(name),
    log,
  });
}

/** A field that is late is null beside the rest; an operation that is late is nothing at all. */
const operationShare = 0.9;

function fieldsWithin({ ai, server }: ResolvedConfig): ResolvedConfig['ai']['fields'] {
  const deadlineMs = Math.min(ai.fields.deadlineMs, server.operationTimeoutMs * operationShare);
  return { ...ai.fields, deadlineMs };
}

async function createEngine(
  { id, config, composition }: SupergraphParts,
  apiSchema: GraphQLSchema,
  clients: ReadonlyMap<string, SubgraphClient>,
  planners: PlannerPool,
  log: Logger,
): Promise<ExecutionEngine> {
  const { supergraphSdl } = composition;
  switch (config.engine) {
    case 'reference':
      return createReferenceEngine({ supergraphSdl, clients, errorPolicy: config.errors, log });
    case 'isthmus': {
      const inProcess = config.subgraphs.flatMap((subgraph) => (subgraph.kind === 'ai' ? [subgraph.name] : []));
      const planner = await planners.load(id, { supergraphSdl, inProcess });
      return createIsthmusEngine({
        apiSchema,
        types: composition.memberships,
        planner,
        clients,
        log,
        planDeadlineMs: config.limits.planDeadlineMs,
        errorPolicy: config.errors,
        overrideLabels: config.overrideLabels,
      });
    }
    default:
      return unreachable(config.engine);
  }
}

/** What outlives generations: planner processes, and model clients with their loaded models and connections. */
interface Shared {
  readonly models: SharedModels;
  readonly planners: PlannerPool;
}

/** How many of the most used operations are planned before a new generation serves. */
const warmedOperations = 100;

function watchedPaths(config: ResolvedConfig): readonly string[] {
  const ofSubgraph = (subgraph: SubgraphConfig): string[] => [
    ...(subgraph.schema.kind === 'file' ? [subgraph.schema.path] : []),
    ...(subgraph.kind === 'ai' ? [subgraph.promptsFolder] : []),
    ...(subgraph.kind === 'ai' && subgraph.codeFile !== undefined ? [subgraph.codeFile] : []),
  ];
  return [config.file, ...config.subgraphs.flatMap(ofSubgraph)];
}
