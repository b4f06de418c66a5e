/**
 * A supergraph that is served from its configuration: read, composed and built, then watched and reloaded.
 *
 *     read        the configuration and all it names (read-supergraph.ts)
 *     build       a generation of it (build-generation.ts); the first may wait for subgraphs (first-generation.ts)
 *     watch       files, and the schemas of subgraphs that are introspected
 *     reload      a generation built aside, swapped in by one assignment (reloads.ts)
 */
import { dirname } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import type { ModelProvider } from '../ai/model-call/index.ts';
import type { CacheStore } from '../cache/index.ts';
import { createLogger, type Logger } from '../observability/index.ts';
import type { Plugin } from '../plugins/index.ts';
import { readSupergraph, type SupergraphParts } from '../read-supergraph.ts';
import {
  createSdlStore,
  type FileWatch,
  Generations,
  IntrospectedSchemas,
  watchedPaths,
  watchFiles,
} from '../supergraph/index.ts';
import { type InProcessSubgraph, inProcessSubgraph } from '../transport/index.ts';
import { buildGeneration } from './build-generation.ts';
import { configSource } from './config-source.ts';
import { awaitFirstGeneration } from './first-generation.ts';
import type { GatewayGeneration, GatewayRuntime, Preparation } from './generation.ts';
import { Reloads } from './reloads.ts';
import { createSharedParts } from './shared-parts.ts';

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
  readonly cacheStore?: CacheStore | undefined;
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
}

/**
 * Reads the configuration, composes and builds the first generation.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function openRuntime(options: RuntimeOptions): Promise<GatewayRuntime> {
  const { providers, cacheStore, plugins = [], watch = true, waitForSubgraphs = false } = options;
  const subgraphs = await inProcessSubgraphs(options.subgraphs);
  const source = configSource(options, subgraphs);
  const log = options.log ?? createLogger({ level: (await source.load()).telemetry.logLevel });
  const generations = new Generations<GatewayGeneration>();
  const preparations: Preparation[] = [];
  const shared = createSharedParts({ log, resolveFrom: dirname(source.file), providers, cacheStore });
  const stopping = new AbortController();
  const { signal } = stopping;
  let firstChange = Promise.withResolvers<void>();
  const changed = (): void => {
    if (generations.current === undefined) firstChange.resolve();
    else void reloads.reload();
  };
  const schemas = new IntrospectedSchemas({
    store: createSdlStore(source.file),
    log,
    signal,
    onChange: (subgraph) => {
      log.info({ subgraph }, 'a subgraph gives another schema');
      changed();
    },
  });
  const files: FileWatch | undefined = watch
    ? watchFiles({
        onChange: changed,
        onTrouble: (reason) => log.warn({ reason }, 'a file cannot be watched; it is looked at every second instead'),
      })
    : undefined;

  /** What a configuration names is watched before it is read, whether or not it is refused then. */
  const read = async (): Promise<SupergraphParts> => {
    const config = await source.load();
    await files?.update(watchedPaths(config));
    if (watch) schemas.poll(config);
    return readSupergraph(config, schemas.reading);
  };
  const build = (parts: SupergraphParts) => buildGeneration(parts, { shared, subgraphs, plugins, log });
  const onSwap = async ({ config, sources }: SupergraphParts): Promise<void> => {
    shared.memory.resize(config.limits.memoryBytes);
    await schemas.store(config, sources);
  };
  const reloads = new Reloads({ generations, preparations, read, build, onSwap, log, signal });
  const stop = async (reason: unknown): Promise<void> => {
    stopping.abort(reason);
    schemas.stop();
    await files?.close();
  };

  const buildFirst = async (): Promise<GatewayGeneration> => {
    const parts = await read();
    const generation = await build(parts);
    await onSwap(parts);
    return generation;
  };
  const nextChange = (): Promise<void> => {
    firstChange = Promise.withResolvers();
    return firstChange.promise;
  };
  try {
    await files?.update([source.file]);
    const first = waitForSubgraphs
      ? await awaitFirstGeneration({ build: buildFirst, schemas, log, nextChange })
      : await buildFirst();
    generations.swap(first);
    const subgraphs = first.config.subgraphs.map(({ name }) => name);
    log.info({ generation: first.id, subgraphs }, 'supergraph composed');
  } catch (error) {
    await stop(error);
    await shared.planners.close();
    throw error;
  }

  return {
    generations,
    log,
    async prepareWith(prepare) {
      preparations.push(prepare);
      if (generations.current !== undefined) await prepare(generations.current);
    },
    reload: () => reloads.reload(),
    async close() {
      // A reload that is under way ends without a swap: composing and loading stop at once.
      await stop(new Error('the gateway is stopping'));
      await generations.close();
      await shared.planners.close();
      await reloads.settled();
    },
  };
}

async function inProcessSubgraphs(
  subgraphs: RuntimeOptions['subgraphs'] = {},
): Promise<ReadonlyMap<string, InProcessSubgraph>> {
  const entries = Object.entries(subgraphs);
  return new Map(await Promise.all(entries.map(async ([name, of]) => [name, await inProcessSubgraph(of)] as const)));
}
