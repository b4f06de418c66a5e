/**
 * A gateway whose requests are answered by worker threads. The main thread reads, composes, watches and plans, and hands
 * each generation to all workers; it answers no request itself.
 */
import { dirname } from 'node:path';
import { type AdminListener, openAdmin } from '../admin/index.ts';
import { OwnLedger } from '../ai/ledger/index.ts';
import { createLocalModels, serveLocalModels } from '../ai/providers/local/index.ts';
import {
  createKeyMemory,
  createMemoryStore,
  createStampMemory,
  invalidateInRedis,
  type MemoryStore,
  maxValueOf,
  StoredKeys,
  serveStore,
  TagStamps,
} from '../cache/index.ts';
import { CanaryTallies } from '../canary/index.ts';
import type { LogLevel, ResolvedConfig } from '../config/index.ts';
import { type ListenOptions, listenAddresses, listenAt } from '../http/index.ts';
import { MemoryBudget } from '../lib/index.ts';
import { type Logger, type OpenedLog, openLog, openProcessMetrics } from '../observability/index.ts';
import { createPlannerPool, createSharedPlans, servePlanners } from '../planning/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import {
  budgetPreparation,
  configSource,
  type FollowedRegistry,
  followRegistry,
  type Invalidated,
  type Invalidation,
  type ReloadOutcome,
  tagsOfInvalidations,
  type WatchedSupergraph,
  type WorkerCount,
  watchSupergraph,
} from '../runtime/index.ts';
import { SignalRelay } from '../signals/index.ts';
import { buildApiSchema } from '../supergraph/index.ts';
import { RevisionAnnouncer } from './announce-revisions.ts';
import { mainCacheShare, mainShare } from './memory-shares.ts';
import { toSupergraphMessage } from './supergraph-message.ts';
import { purgeOfWorkers, remoteStores, statsOfWorkers, type WorkerCaches } from './worker-caches.ts';
import { WorkerPool } from './worker-pool.ts';

export interface WorkersOptions {
  /** The path of the supergraph.yaml. */
  readonly configFile: string;
  readonly workers: number;
  /** Whether changes of the configuration, schemas and prompts are taken up while running. */
  readonly watch: boolean;
  /** Whether the start waits for subgraphs that are to give their schema and do not, instead of failing. */
  readonly waitForSubgraphs: boolean;
  /** Whether operations are recorded where `telemetry.records` does not say. @default false */
  readonly records?: boolean;
  /** Whether the registry of the store is followed where the configuration does not say. @default false */
  readonly registry?: boolean;
  /** Where the log of this thread and the lines of the workers' go. @default stdout */
  readonly output?: {
    readonly log: Logger;
    /** Of the workers' lines. */
    readonly level: LogLevel;
    readonly writeLines: (lines: string) => void;
  };
}

export interface WorkersGateway {
  readonly log: Logger;
  /** The id of the generation that serves. */
  readonly generation: string;
  count(): WorkerCount;
  /** Hands on what workers have logged so far, which they otherwise do within 50 ms. */
  takeLines(): void;
  /**
   * Listens in every worker, all at one port.
   * @throws Error with `code` EADDRINUSE or EACCES where it cannot listen
   */
  listen(options?: ListenOptions): Promise<{
    readonly url: string;
    /** @returns whether every request in flight finished within server.drain_timeout */
    drain(): Promise<boolean>;
  }>;
  reload(): Promise<ReloadOutcome>;
  /** Cached answers are not sent again, by any worker. */
  invalidate(invalidations: readonly Invalidation[]): Promise<Invalidated>;
  close(): Promise<void>;
}

/**
 * Reads the configuration, composes, and starts the workers.
 * @throws ConfigError or CompositionError with every problem found
 */
export async function openWorkers(options: WorkersOptions): Promise<WorkersGateway> {
  const { configFile, workers, watch, waitForSubgraphs } = options;
  const source = configSource({ configFile }, new Map());
  const config = await source.load();
  const opened: NonNullable<WorkersOptions['output']> & Partial<OpenedLog> =
    options.output ?? (await openLog(config.telemetry));
  const { log, level, writeLines } = opened;
  const processMetrics = await openProcessMetrics(config);
  const metrics = processMetrics?.own;
  const memory = new MemoryBudget(Number.POSITIVE_INFINITY); // until the first configuration has been read
  const planners = createSharedPlans(createPlannerPool({ log, metrics }), memory.group());
  const signals = new SignalRelay();
  const models = createLocalModels({ name: 'local' });
  let cacheBytes = cacheBytesOf(config);
  const stampMemory = createStampMemory();
  const stamps = new TagStamps(stampMemory);
  const keyMemory = createKeyMemory();
  const storedKeys = new StoredKeys(keyMemory);
  const openCache = (): MemoryStore =>
    createMemoryStore({
      maxBytes: mainCacheShare(cacheBytes),
      maxValueBytes: maxValueOf(cacheBytes),
      stamps,
      storedKeys,
    });
  let cache = openCache();
  const revisions = new RevisionAnnouncer({ signals, log });
  const onSwap = ({ config: changed }: SupergraphParts): void => {
    revisions.follow(changed);
    memory.resize(mainShare(changed.limits.memoryBytes));
    if (cacheBytesOf(changed) === cacheBytes) return;
    // Of another size, it starts empty.
    cacheBytes = cacheBytesOf(changed);
    void cache.close();
    cache = openCache();
  };
  const ownLedger = new OwnLedger(log, metrics);
  const hasRecords = config.telemetry.records.enabled ?? options.records ?? false;
  // Loaded where there are some.
  const recorder = hasRecords ? await (await import('../records/index.ts')).OwnRecorder.open(config, log) : undefined;
  if (recorder !== undefined) metrics?.add(recorder.metricSource);
  const alerts = recorder && (await import('../alerts/index.ts')).openAlerts({ config, recorder, metrics, log });
  const followsRegistry = config.registry.enabled ?? options.registry ?? false;
  const canaryTallies = new CanaryTallies();
  const pool = new WorkerPool({
    workers,
    metrics,
    folder: dirname(source.file),
    workerLog: { level },
    stampMemory,
    keyMemory,
    records: recorder?.access,
    canaryTallies: followsRegistry ? canaryTallies.buffer : undefined,
    onLines: writeLines,
    connect: ({ ports }) => {
      servePlanners(planners, ports.planners);
      signals.connect(ports.signals);
      serveLocalModels(models, ports.models);
      serveStore(ports.cache, { currentStore: () => cache, storedKeys, signals });
      processMetrics?.connect(ports.metrics);
      recorder?.attach(ports.records);
    },
    onEnded: (holder) => void ownLedger.threadEnded(holder),
    log,
  });
  const prepareBudgets = budgetPreparation(ownLedger, pool.counters);
  // Before the log itself is flushed.
  const takeLines = (): void => pool.takeLines();
  process.prependListener('exit', takeLines);
  const close = async (): Promise<void> => {
    await pool.close();
    await alerts?.close();
    await recorder?.close();
    await Promise.all([planners.close(), models.close(), ownLedger.close(), revisions.close(), registry?.close()]);
    pool.takeLines();
    await opened.close?.();
    processMetrics?.close();
    process.off('exit', takeLines);
  };

  let registry: FollowedRegistry | undefined;
  let watched: WatchedSupergraph;
  try {
    registry = await followRegistry(source, config, { byDefault: options.registry ?? false, metrics, log });
    watched = await watchSupergraph({
      source,
      registry,
      canaries: {
        tallies: canaryTallies,
        start: async (parts, share) =>
          pool.startCanary(toSupergraphMessage(parts, await prepareBudgets(parts.config)), share),
        end: () => pool.endCanary(),
      },
      watch,
      waitForSubgraphs,
      loadsPlugins: false,
      stage: async (parts) => pool.stage(toSupergraphMessage(parts, await prepareBudgets(parts.config))),
      onSwap,
      metrics,
      log,
    });
  } catch (error) {
    await close();
    throw error;
  }
  /** In the memory that workers share and in their own, and in each Redis. */
  const invalidate = async (invalidations: readonly Invalidation[]): Promise<Invalidated> => {
    const { config, composition } = watched.parts;
    const subgraphs = config.subgraphs.map(({ name }) => name);
    const tags = tagsOfInvalidations(invalidations, { subgraphs, entities: composition.entityTypes });
    for (const tag of tags) cache.invalidate(tag);
    const outcomes = await Promise.all(remoteStores(config).map(({ url }) => invalidateInRedis(url, tags)));
    return { tags, isComplete: outcomes.every((isDone) => isDone) };
  };
  const caches = (): WorkerCaches => ({
    signals,
    memory: cache,
    workers: pool.status.count().serving,
    config: watched.parts.config,
  });
  let admin: AdminListener | undefined;
  let drained: Promise<boolean> | undefined;
  const drain = (): Promise<boolean> => {
    drained ??= pool.drain();
    return drained;
  };
  return {
    log,
    get generation() {
      return watched.parts.id;
    },
    count: () => pool.status.count(),
    takeLines,
    async listen({ host, port } = {}) {
      const { config } = watched.parts;
      const { server } = config;
      const address = { host: host ?? server.host, port: port ?? server.port };
      await refusePortInUse(address);
      admin = await openAdmin({
        config,
        currentConfig: () => watched.parts.config,
        loadConfig: (published) => source.load(published),
        log,
        generation: { id: () => watched.parts.id, reload: () => watched.reload() },
        records: recorder?.reader,
        apiSchema: () => buildApiSchema(watched.parts.composition.apiPieces),
        caches: { invalidate, stats: () => statsOfWorkers(caches()), purge: (name) => purgeOfWorkers(caches(), name) },
        metrics: processMetrics,
      });
      return { url: await pool.listen(address), drain };
    },
    reload: () => watched.reload(),
    invalidate,
    async close() {
      await watched.stop();
      await drain();
      await admin?.close();
      await close();
      await watched.settled();
    },
  };
}

/**
 * Workers share their port, so another gateway that has workers would share it too, without an error. A listener that
 * shares with nobody cannot listen there.
 */
async function refusePortInUse({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  if (port === 0) return;
  const hosts = await listenAddresses(host);
  const stop = await listenAt({ hosts, port, reusePort: false, onConnection: (socket) => socket.destroy() });
  await stop();
}

/** Of all caches that are in memory. */
function cacheBytesOf({ ai, cache, persistedOperations }: ResolvedConfig): number {
  const ofModels = ai.cache.store.kind === 'memory' ? ai.cache.maxBytes : 0;
  if (cache.store.kind !== 'memory') return ofModels;
  const isCaching = cache.response !== undefined || Object.keys(cache.entities).length > 0;
  const ofResponses = isCaching ? cache.maxBytes : 0;
  return ofModels + ofResponses + (persistedOperations.automatic ? persistedOperations.maxBytes : 0);
}
