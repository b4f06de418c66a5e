/**
 * A running gateway from a supergraph.yaml: builds immutable generations and swaps them while it serves.
 *
 * A generation is everything that changes together: configuration, supergraph, subgraph clients, prompts, engine. It is
 * built and prepared aside, then swapped in by one assignment. A file that cannot be read, composed or prepared leaves
 * the previous generation serving.
 *
 * Longer than most files: it alone knows every part, and hands the lower ones what they need of the higher ones.
 */
import { dirname, resolve } from 'node:path';
import { setImmediate as letOthersRun, setTimeout as wait } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { createAiSubgraph, type PublishedPrompt, publishedPrompts } from './ai/fields/index.ts';
import { type ModelClient, type ModelsLease, SharedModels } from './ai/models/index.ts';
import { ConfigError, loadConfig, type ResolvedConfig, type SubgraphConfig } from './config/index.ts';
import { messageOf } from './errors/index.ts';
import { createIsthmusEngine, createReferenceEngine, type ExecutionEngine } from './execution/index.ts';
import { type CacheGroup, invariant, MemoryBudget, unreachable } from './lib/index.ts';
import type { Logger } from './observability/index.ts';
import { createPlannerPool, type PlannerPool } from './planning/index.ts';
import { readSupergraph, type SupergraphParts } from './read-supergraph.ts';
import {
  AskedSchemas,
  buildApiSchema,
  CompositionError,
  createSdlStore,
  type FileWatch,
  formatProblems,
  type Generation,
  Generations,
  problemFields,
  rootNamesIn,
  schemaUnavailable,
  watchedPaths,
  watchFiles,
} from './supergraph/index.ts';
import { createHttpSubgraph, type SubgraphClient, withRootTypeNames } from './transport/index.ts';

export interface GatewayGeneration extends Generation {
  readonly config: ResolvedConfig;
  readonly supergraphSdl: string;
  readonly apiSchema: GraphQLSchema;
  readonly engine: ExecutionEngine;
  /** What is kept of clients’ operations: within `limits.memory`, and gone with the generation. */
  readonly caches: CacheGroup;
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
  /** Whether the start waits for subgraphs that are to give their schema and do not, instead of failing. @default false */
  readonly waitForSubgraphs?: boolean;
}

/** What `reload` came to; a refusal has been logged, with every problem. */
export type ReloadOutcome =
  | { readonly kind: 'swapped'; readonly generation: string }
  | { readonly kind: 'unchanged' }
  /** The gateway is closing. */
  | { readonly kind: 'stopped' }
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
  const { configFile, log, environment = process.env, watch = true, waitForSubgraphs = false } = options;
  const file = resolve(configFile);
  const generations = new Generations<GatewayGeneration>();
  const shared: Shared = {
    models: new SharedModels(log, dirname(file)),
    planners: createPlannerPool({ log }),
    memory: new MemoryBudget(Number.POSITIVE_INFINITY), // until the first configuration has been read
  };
  const preparations: ((generation: GatewayGeneration) => Promise<void>)[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const asked = new AskedSchemas({
    store: createSdlStore(file),
    log,
    signal,
    onChange: (subgraph) => {
      log.info({ subgraph }, 'a subgraph gives another schema');
      changed();
    },
  });
  const files: FileWatch | undefined = watch
    ? watchFiles({
        onChange: () => changed(),
        onTrouble: (reason) => log.warn({ reason }, 'a file cannot be watched; it is looked at every second instead'),
      })
    : undefined;
  let whenChanged = Promise.withResolvers<void>();
  const changed = (): void => {
    if (generations.current === undefined) whenChanged.resolve();
    else void reload();
  };

  /** What a configuration names is watched before it is read, whether or not it is refused then. */
  const readAll = async (): Promise<SupergraphParts> => {
    const config = await loadConfig(configFile, environment);
    await files?.update(watchedPaths(config));
    if (watch) asked.poll(config);
    return readSupergraph(config, asked.reading);
  };

  const buildFirst = async (): Promise<GatewayGeneration> => {
    for (let attempts = 0; ; attempts++) {
      whenChanged = Promise.withResolvers();
      try {
        const parts = await readAll();
        const generation = await buildGeneration(parts, shared, log);
        await asked.store(parts.config, parts.sources);
        return generation;
      } catch (error) {
        const missing = waitForSubgraphs ? subgraphsToWaitFor(error, asked) : undefined;
        if (missing === undefined) throw error;
        const waitMs = Math.min(longestStartWaitMs, firstStartWaitMs * 2 ** attempts);
        const message = `waiting for the schema of ${missing.join(', ')}; trying again in ${waitMs / 1_000} s\n${messageOf(error)}`;
        log.warn({ subgraphs: missing, waitMs }, message);
        await Promise.race([wait(waitMs), whenChanged.promise]);
      }
    }
  };

  try {
    await files?.update([file]);
    const first = await buildFirst();
    generations.swap(first);
    shared.memory.resize(first.config.limits.memoryBytes);
    log.info(
      { generation: first.id, subgraphs: first.config.subgraphs.map(({ name }) => name) },
      'supergraph composed',
    );
  } catch (error) {
    stopping.abort(error);
    asked.stop();
    await files?.close();
    await shared.planners.close();
    throw error;
  }

  /** Whether the last change was refused: then it is worth a line that the files are what serves again. */
  let refused = false;
  const attempt = async (): Promise<ReloadOutcome> => {
    try {
      const parts = await readAll();
      if (parts.id === generations.current?.id) {
        if (refused) log.info({ generation: parts.id }, 'the refused change has been undone');
        refused = false;
        return { kind: 'unchanged' };
      }
      const generation = await buildGeneration(parts, shared, log);
      try {
        await letOthersRun();
        for (const prepare of preparations) await prepare(generation);
        const used = generations.current?.engine.mostUsed(warmedOperations) ?? [];
        await generation.engine.warm(used, AbortSignal.any([signal, AbortSignal.timeout(warmTimeoutMs)]));
        signal.throwIfAborted();
      } catch (error) {
        await generation.close();
        throw error;
      }
      generations.swap(generation);
      shared.memory.resize(parts.config.limits.memoryBytes);
      refused = false;
      log.info({ generation: generation.id }, 'a new generation serves');
      await asked.store(parts.config, parts.sources);
      return { kind: 'swapped', generation: generation.id };
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      refused = true;
      const expected = error instanceof ConfigError || error instanceof CompositionError;
      const message = `the change was refused; the previous generation keeps serving\n${messageOf(error)}`;
      const fields = error instanceof CompositionError ? { problems: problemFields(error.problems) } : {};
      log.error({ generation: generations.current?.id, ...(expected ? fields : { error }) }, message);
      return { kind: 'refused', error: error instanceof Error ? error : new Error(messageOf(error)) };
    }
  };

  // One reload runs and one waits at most: it begins after every change that asked for it, so it sees them all.
  let running: Promise<unknown> = Promise.resolve();
  let pending: Promise<ReloadOutcome> | undefined;
  const reload = (): Promise<ReloadOutcome> => {
    pending ??= running.then(() => {
      pending = undefined;
      const outcome: Promise<ReloadOutcome> = signal.aborted ? Promise.resolve({ kind: 'stopped' }) : attempt();
      running = outcome;
      return outcome;
    });
    return pending;
  };

  return {
    generations,
    async prepareWith(prepare) {
      preparations.push(prepare);
      if (generations.current !== undefined) await prepare(generations.current);
    },
    reload,
    async close() {
      // A reload that is under way comes to nothing: composing and loading end at once, and nothing is swapped in.
      stopping.abort(new Error('the gateway is stopping'));
      asked.stop();
      await files?.close();
      await generations.close();
      await shared.planners.close();
      await (pending ?? running);
    },
  };
}

/** The subgraphs without whose schema nothing can be composed, where that is all that is wrong. */
function subgraphsToWaitFor(error: unknown, asked: AskedSchemas): readonly string[] | undefined {
  if (!(error instanceof CompositionError)) return undefined;
  if (!error.problems.every(({ code }) => code === schemaUnavailable)) return undefined;
  const subgraphs = error.problems.flatMap(({ places }) => places.map(({ subgraph }) => subgraph));
  return subgraphs.every((name) => asked.isDown(name)) ? subgraphs : undefined;
}

/** How long a start waits between its attempts: a little, then longer. */
const firstStartWaitMs = 1_000;
const longestStartWaitMs = 30_000;

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
  const caches = shared.memory.group();
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
      const roots = rootNamesIn(parts.sources.get(subgraph.name)?.sdl ?? '');
      clients.set(subgraph.name, withRootTypeNames(createClient(subgraph, parts, lease, log), roots));
    }
    await letOthersRun();
    const engine = await createEngine(parts, apiSchema, clients, shared.planners, caches, log);
    return {
      id,
      config,
      supergraphSdl: composition.supergraphSdl,
      apiSchema,
      engine,
      caches,
      models: lease.client,
      prompts: [...parts.prompts].flatMap(([name, folder]) => publishedPrompts(folder, name)),
      async close() {
        await engine.close();
        caches.clear();
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
  caches: CacheGroup,
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
        strictFields: composition.strictFields,
        planner,
        clients,
        log,
        planDeadlineMs: config.limits.planDeadlineMs,
        errorPolicy: config.errors,
        overrideLabels: config.overrideLabels,
        caches,
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
  /** One bound for all generations: an old one that still serves a long request adds nothing to it. */
  readonly memory: MemoryBudget;
}

/** How many of the most used operations are planned before a new generation serves. */
const warmedOperations = 100;
/** How long that may take: a planner that hangs holds up no change. */
const warmTimeoutMs = 30_000;
