/**
 * A supergraph that is read from its configuration, watched, and read again where it changes. What serves it is the
 * caller's: it stages each version, and swaps it in where it is told to.
 *
 *     read        the configuration and all it names (read-supergraph.ts)
 *     stage       a generation of it, built and prepared aside; the first may wait for subgraphs (first-generation.ts)
 *     watch       files, the schemas of subgraphs that are introspected, and the supergraph of another registry
 *     reload      the next version staged, then swapped in (reloads.ts)
 */
import type { CanaryTallies } from '../canary/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import type { Logger, ThreadMetrics } from '../observability/index.ts';
import { readSupergraph, type SupergraphParts } from '../read-supergraph.ts';
import {
  type CompositionProblem,
  createSdlStore,
  type FileWatch,
  FollowedSupergraph,
  formatProblems,
  IntrospectedSchemas,
  problemFields,
  schemaUnavailable,
  supergraphUnavailable,
  watchedPaths,
  watchFiles,
} from '../supergraph/index.ts';
import { readClientCredentials, readServerCredentials, TlsFileError } from '../tls/index.ts';
import type { ConfigSource } from './config-source.ts';
import { awaitFirstGeneration } from './first-generation.ts';
import { CanaryFollower, type CanaryServing } from './follow-canary.ts';
import type { FollowedRegistry } from './follow-registry.ts';
import type { ReloadOutcome, Stage } from './generation.ts';
import { Reloads } from './reloads.ts';

export interface WatchSupergraphOptions {
  readonly source: ConfigSource;
  /** Undefined: no registry is followed. */
  readonly registry: FollowedRegistry | undefined;
  /** How canaries are served, and what is counted of them; undefined where no registry is followed. */
  readonly canaries: (CanaryServing & { readonly tallies: CanaryTallies }) | undefined;
  /** Whether changes are taken up without `reload`. */
  readonly watch: boolean;
  /** Whether the start waits for subgraphs that are to give their schema and do not, instead of failing. */
  readonly waitForSubgraphs: boolean;
  /** Whether this thread runs the modules of plugins. @default true */
  readonly loadsPlugins?: boolean;
  /** Builds and prepares a generation aside. */
  readonly stage: Stage;
  /** Called after a generation that was built from these parts serves. */
  readonly onSwap?: (parts: SupergraphParts) => void;
  /** Where reloads are counted; undefined: nowhere. */
  readonly metrics: ThreadMetrics | undefined;
  readonly log: Logger;
}

export interface WatchedSupergraph {
  /** What the serving generation was built from. */
  readonly parts: SupergraphParts;
  reload(): Promise<ReloadOutcome>;
  /** Watches no longer; a reload that is under way ends without a swap. */
  stop(): Promise<void>;
  /** Resolves once no reload is under way. */
  settled(): Promise<void>;
}

/**
 * Reads the supergraph and swaps its first generation in.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function watchSupergraph(options: WatchSupergraphOptions): Promise<WatchedSupergraph> {
  const { source, registry, canaries, watch, waitForSubgraphs, loadsPlugins = true, metrics, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let current: SupergraphParts | undefined;
  let firstChange = Promise.withResolvers<void>();
  const changed = (): void => {
    if (current === undefined) firstChange.resolve();
    else void reloads.reload().then(() => canary?.update());
  };
  const store = createSdlStore(source.file);
  const schemas = new IntrospectedSchemas({
    store,
    log,
    signal,
    onChange: (subgraph) => {
      log.info({ subgraph }, 'a subgraph gives another schema');
      changed();
    },
  });
  const external = new FollowedSupergraph({ store, log, signal, onChange: changed });
  const files: FileWatch | undefined = watch
    ? watchFiles({
        onChange: changed,
        onTrouble: (reason) => log.warn({ reason }, 'a file cannot be watched; it is looked at every second instead'),
      })
    : undefined;

  /** What a configuration names is watched before it is read, whether or not it is refused then. */
  const read = async (): Promise<SupergraphParts> => {
    const config = await (registry ?? source).load();
    await files?.update(watchedPaths(config));
    if (current === undefined) await refuseBadCertificates(config);
    if (watch) {
      schemas.poll(config);
      external.poll(config);
    }
    return readSupergraph(config, { ...schemas.reading, ...external.reading, loadsPlugins });
  };
  const stage: Stage = (parts, signal) => {
    logComposition(parts, log);
    return options.stage(parts, signal);
  };
  const onSwap = async (parts: SupergraphParts): Promise<void> => {
    current = parts;
    options.onSwap?.(parts);
    await registry?.served();
    await schemas.store(parts.config, parts.sources);
    await external.store(parts.config);
  };
  const reloads = new Reloads({ currentId: () => current?.id, read, stage, onSwap, metrics, log, signal });
  const canary =
    registry &&
    canaries &&
    new CanaryFollower({
      registry,
      serving: canaries,
      tallies: canaries.tallies,
      read: (config) => readSupergraph(config, { signal, loadsPlugins }),
      currentId: () => current?.id,
      log,
      signal,
    });
  const unfollow = registry?.onChange(changed);
  const stop = async (reason: unknown): Promise<void> => {
    stopping.abort(reason);
    unfollow?.();
    canary?.close();
    schemas.stop();
    external.stop();
    await files?.close();
  };

  const isDown = ({ code, places }: CompositionProblem): boolean =>
    code === supergraphUnavailable
      ? external.isDown
      : code === schemaUnavailable && places.every(({ subgraph }) => schemas.isDown(subgraph));

  const serveFirst = async (): Promise<SupergraphParts> => {
    const parts = await read();
    const swap = await stage(parts, signal);
    swap();
    await onSwap(parts);
    return parts;
  };
  const serveFirstOrLast = async (): Promise<SupergraphParts> => {
    try {
      return await serveFirst();
    } catch (error) {
      signal.throwIfAborted();
      if (registry === undefined || !(await registry.fallBack())) throw error;
      log.error({ error }, 'what is published cannot be served: what served here last serves instead');
      return serveFirst();
    }
  };
  const nextChange = (): Promise<void> => {
    firstChange = Promise.withResolvers();
    return firstChange.promise;
  };
  try {
    await files?.update([source.file]);
    const first = waitForSubgraphs
      ? await awaitFirstGeneration({ build: serveFirstOrLast, isDown, log, nextChange })
      : await serveFirstOrLast();
    current = first;
    void canary?.update();
    const subgraphs = first.config.subgraphs.map(({ name }) => name);
    log.info({ generation: first.id, subgraphs }, 'supergraph composed');
    return {
      get parts() {
        return current ?? first;
      },
      reload: () => reloads.reload(),
      stop: () => stop(new Error('the gateway is stopping')),
      settled: () => reloads.settled(),
    };
  } catch (error) {
    await stop(error);
    throw error;
  }
}

/** Certificates that cannot be used are told at once, before subgraphs are waited for; later, what is in use is kept. */
async function refuseBadCertificates({ file, server, traffic }: ResolvedConfig): Promise<void> {
  try {
    if (server.tls !== undefined) await readServerCredentials(server.tls);
    for (const { tls } of Object.values(traffic.subgraphs)) if (tls !== undefined) await readClientCredentials(tls);
  } catch (error) {
    throw error instanceof TlsFileError ? error.toConfigError(file) : error;
  }
}

function logComposition({ id: generation, composition: { hints }, report }: SupergraphParts, log: Logger): void {
  if (hints.length > 0)
    log.info({ generation, problems: problemFields(hints) }, `composition hints\n${formatProblems(hints)}`);
  for (const line of report) log.info({ generation }, line);
}
