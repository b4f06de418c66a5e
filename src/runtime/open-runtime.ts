/**
 * A supergraph that is served by this thread: watched (watch-supergraph.ts), and each version of it built
 * (build-generation.ts), prepared (prepare-generation.ts) and swapped in by one assignment.
 */
import { dirname } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import { OwnLedger } from '../ai/ledger/index.ts';
import type { ModelProvider } from '../ai/model-call/index.ts';
import { CacheStores, type EntryStore } from '../cache/index.ts';
import { CanaryTallies } from '../canary/index.ts';
import type { LocalSubgraph } from '../config/index.ts';
import { type Logger, type OpenedLog, openLog, openProcessMetrics } from '../observability/index.ts';
import type { Plugin } from '../plugins/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import { Generations } from '../supergraph/index.ts';
import { type InProcessSubgraph, inProcessSubgraph } from '../transport/index.ts';
import { buildGeneration } from './build-generation.ts';
import { configSource } from './config-source.ts';
import { type FollowedRegistry, followRegistry } from './follow-registry.ts';
import type { GatewayGeneration, GatewayRuntime, Preparation, Stage } from './generation.ts';
import { tagsOfInvalidations } from './invalidation.ts';
import { observeRuntime } from './metric-sources/observe-runtime.ts';
import { budgetPreparation } from './prepare-budgets.ts';
import { prepareGeneration } from './prepare-generation.ts';
import { createSharedParts } from './shared-parts.ts';
import { type WatchedSupergraph, type WatchSupergraphOptions, watchSupergraph } from './watch-supergraph.ts';

/** The configuration, and what an application adds to it in code. */
export interface RuntimeOptions {
  /** The path of the supergraph.yaml. */
  readonly configFile?: string | undefined;
  /**
   * Instead of a file, the configuration itself, in the form of supergraph.yaml. Relative paths in it start at the working
   * directory, and `${NAME}` in it stays as it is. @default {}
   */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Subgraphs of this process, by name, beside those of the configuration: an executable schema of
   * `buildSubgraphSchema` (`@apollo/subgraph`), or its SDL with a function that runs operations. @default none
   */
  readonly subgraphs?: Readonly<Record<string, GraphQLSchema | InProcessSubgraph>> | undefined;
  /** Model providers, by the name that model references begin with; the application closes them. @default none */
  readonly providers?: Readonly<Record<string, ModelProvider>> | undefined;
  /** Where model answers and AI fields are cached, instead of `ai.cache`; the application closes it. */
  readonly cacheStore?: EntryStore | undefined;
  /** Code in the life of requests; its hooks run before those of the configuration’s plugins. @default none */
  readonly plugins?: readonly Plugin[] | undefined;
  /** @default JSON lines on stdout, from `telemetry.log_level` up */
  readonly log?: Logger | undefined;
  /** Where `${NAME}` in the configuration is read from. @default process.env */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Whether changes of the configuration, schemas and prompts are taken up while running. @default true */
  readonly watch?: boolean | undefined;
  /** Whether the start waits for subgraphs that are to give their schema and do not, instead of failing. @default false */
  readonly waitForSubgraphs?: boolean | undefined;
  /** Whether the registry of the store is followed where the configuration does not say. @default false */
  readonly registry?: boolean | undefined;
  /** Subgraphs of this machine in place of those of the configuration or the registry, by name. @default none */
  readonly localSubgraphs?: Readonly<Record<string, LocalSubgraph>> | undefined;
}

/**
 * Reads the configuration, composes and builds the first generation.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function openRuntime(options: RuntimeOptions): Promise<GatewayRuntime> {
  const { providers, cacheStore, plugins = [], watch = true, waitForSubgraphs = false } = options;
  const subgraphs = await inProcessSubgraphs(options.subgraphs);
  const source = configSource(options, subgraphs);
  const config = await source.load();
  const opened: Pick<OpenedLog, 'log'> & Partial<OpenedLog> =
    options.log === undefined ? await openLog(config.telemetry) : { log: options.log };
  const { log } = opened;
  const processMetrics = await openProcessMetrics(config);
  const metrics = processMetrics?.own;
  const generations = new Generations<GatewayGeneration>();
  const preparations: Preparation[] = [];
  const stores = new CacheStores();
  const shared = createSharedParts({
    log,
    metrics,
    resolveFrom: dirname(source.file),
    providers,
    cacheStore,
    openStore: stores.open,
    openCacheStore: stores.open,
  });
  const ownLedger = new OwnLedger(log, metrics);
  const prepareBudgets = budgetPreparation(ownLedger, shared.counters);
  const build = async (parts: SupergraphParts, signal: AbortSignal): Promise<GatewayGeneration> => {
    const ledger = await prepareBudgets(parts.config);
    const generation = await buildGeneration(parts, { shared, subgraphs, plugins, ledger, log });
    await prepareGeneration(generation, { previous: generations.current, preparations, signal });
    return generation;
  };
  const stage: Stage = async (parts, signal) => {
    const generation = await build(parts, signal);
    return () => generations.swap(generation);
  };
  const stopping = new AbortController();
  const canaries = {
    tallies: new CanaryTallies(),
    start: async (parts: SupergraphParts, share: number) =>
      generations.startCanary(await build(parts, stopping.signal), share),
    end: () => generations.endCanary(),
  };
  const onSwap: WatchSupergraphOptions['onSwap'] = ({ config }) => shared.memory.resize(config.limits.memoryBytes);
  if (metrics !== undefined) preparations.push(observeRuntime(metrics, { generations, shared, stores }));
  let registry: FollowedRegistry | undefined;
  let watched: WatchedSupergraph;
  try {
    registry = await followRegistry(source, config, { byDefault: options.registry ?? false, metrics, log });
    watched = await watchSupergraph({
      source,
      registry,
      canaries,
      watch,
      waitForSubgraphs,
      stage,
      onSwap,
      metrics,
      log,
    });
  } catch (error) {
    processMetrics?.close();
    await Promise.all([shared.planners.close(), ownLedger.close(), registry?.close()]);
    throw error;
  }

  return {
    generations,
    log,
    metrics,
    processMetrics,
    async prepareWith(prepare) {
      preparations.push(prepare);
      if (generations.current !== undefined) await prepare(generations.current);
    },
    canaryTallies: registry && canaries.tallies,
    loadConfig: (published) => source.load(published),
    reload: () => watched.reload(),
    async invalidate(invalidations) {
      const { current } = generations;
      const subgraphs = current?.config.subgraphs.map(({ name }) => name) ?? [];
      const tags = tagsOfInvalidations(invalidations, { subgraphs, entities: current?.entities ?? new Map() });
      const ofApplication = await Promise.all(tags.map((tag) => cacheStore?.invalidate(tag) ?? true));
      const isComplete = (await stores.invalidate(tags)) && ofApplication.every((isDone) => isDone);
      return { tags, isComplete };
    },
    cacheStats: async () => ({
      stores: await stores.stats({ withSizes: true }),
      outcomes: shared.caches.outcomes.snapshot(),
    }),
    purge: (cache) => stores.purge(cache),
    async close() {
      // A reload that is under way ends without a swap: composing and loading stop at once.
      stopping.abort(new Error('the gateway is stopping'));
      await watched.stop();
      await generations.close();
      processMetrics?.close();
      shared.ledger.close();
      await Promise.all([shared.planners.close(), ownLedger.close(), registry?.close()]);
      await watched.settled();
      await opened.close?.();
    },
  };
}

async function inProcessSubgraphs(
  subgraphs: RuntimeOptions['subgraphs'] = {},
): Promise<ReadonlyMap<string, InProcessSubgraph>> {
  const entries = Object.entries(subgraphs);
  return new Map(await Promise.all(entries.map(async ([name, of]) => [name, await inProcessSubgraph(of)] as const)));
}
