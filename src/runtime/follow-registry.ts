/** The registry that a gateway follows: what is published there is laid over its configuration, and taken up as it changes. */
import { dirname, join } from 'node:path';
import { ConfigError, formatGraphRef, type ResolvedConfig } from '../config/index.ts';
import { invariant } from '../lib/index.ts';
import type { Logger, MetricSource, ThreadMetrics } from '../observability/index.ts';
import type { EndedCanary, FollowedGenerations, GenerationFeed, RegistryFollower } from '../registry/follow/index.ts';
import { CompositionError, schemaUnavailable } from '../supergraph/index.ts';
import type { ConfigSource } from './config-source.ts';

export interface FollowedRegistry {
  /** Undefined: nothing has been published. */
  readonly current: FollowedGenerations | undefined;
  /** The configuration with what is published. @throws CompositionError where neither names a subgraph */
  load(): Promise<ResolvedConfig>;
  /** The configuration with the canary. @throws Error where there is none any more */
  loadCanary(): Promise<ResolvedConfig>;
  /** Tells the registry what became of the canary. @throws Error where it cannot be told */
  endCanary(end: EndedCanary): Promise<void>;
  /** Called whenever something else is published. @returns ends that */
  onChange(listener: () => void): () => void;
  /** What was loaded last serves: a start without the registry takes it. */
  served(): Promise<void>;
  /** What was published cannot be served: what served here last takes its place. @returns whether there is another one */
  fallBack(): Promise<boolean>;
  close(): Promise<void>;
}

export interface FollowRegistryOptions {
  /** Whether one is followed where the configuration does not say. */
  readonly byDefault: boolean;
  /** Undefined: nothing is counted. */
  readonly metrics: ThreadMetrics | undefined;
  readonly log: Logger;
}

/**
 * @returns undefined where none is followed
 * @throws ConfigError where the configuration names one and it cannot be opened
 */
export async function followRegistry(
  source: ConfigSource,
  config: ResolvedConfig,
  { byDefault, metrics, log }: FollowRegistryOptions,
): Promise<FollowedRegistry | undefined> {
  const { enabled } = config.registry;
  if (!(enabled ?? byDefault)) return undefined;
  const { RegistryFollower } = await import('../registry/follow/index.ts');
  try {
    const { feed, publicKey } = await openFeed(config, log);
    const folder = join(dirname(source.file), '.isthmus', 'registry');
    const follower = await RegistryFollower.open({ ref: config.registry.ref, feed, publicKey, folder, log });
    metrics?.add(metricSource(follower));
    return followed(source, follower, config);
  } catch (error) {
    if (enabled === true) throw error instanceof ConfigError ? error : unusable(config, error);
    log.warn({ error }, 'no registry is followed: the store cannot be opened');
    return undefined;
  }
}

const metricSource =
  (follower: RegistryFollower): MetricSource =>
  (set) => {
    set('isthmus_registry_connected', follower.outage === undefined ? 1 : 0);
    const { serving, canary } = follower.current ?? {};
    if (serving !== undefined) set('isthmus_registry_generation', serving.number, 'all');
    if (canary !== undefined) set('isthmus_registry_generation', canary.number, 'canary');
    set('isthmus_canary_percent', canary?.percent ?? 0);
  };

async function openFeed(
  { registry: { remote, ref }, store: storeConfig, file }: ResolvedConfig,
  log: Logger,
): Promise<{ readonly feed: GenerationFeed; readonly publicKey: string }> {
  const { createHttpFeed, createStoreFeed, signingKeyOf } = await import('../registry/follow/index.ts');
  if (remote !== undefined) {
    const { url, key, publicKey } = remote;
    return { feed: createHttpFeed({ url, key, ref }), publicKey };
  }
  const { openStore } = await import('../store/index.ts');
  const store = await openStore({ config: storeConfig, configFile: file, log, isServing: true });
  return { feed: createStoreFeed(store, ref), publicKey: signingKeyOf(store).publicKey };
}

function followed(source: ConfigSource, follower: RegistryFollower, { registry }: ResolvedConfig): FollowedRegistry {
  let loadedHash: string | undefined;
  return {
    get current() {
      return follower.current;
    },
    async load() {
      const serving = follower.current?.serving;
      loadedHash = serving?.contentHash;
      const config = await source.load(serving?.overlay);
      if (config.subgraphs.length === 0) throw nothingToServe(formatGraphRef(registry.ref), follower.outage);
      return config;
    },
    async loadCanary() {
      const canary = follower.current?.canary;
      if (canary === undefined) throw new Error('the canary has ended meanwhile');
      return source.load(canary.overlay);
    },
    endCanary: (end) => follower.endCanary(end),
    onChange: (listener) => follower.onChange(listener),
    async served() {
      if (loadedHash !== undefined) await follower.remember(loadedHash);
    },
    fallBack: () => follower.fallBack(),
    close: () => follower.close(),
  };
}

function nothingToServe(graph: string, outage: string | undefined): CompositionError {
  const suggestedFix =
    outage === undefined
      ? `publish a subgraph: isthmus subgraph publish ${graph} --name <name> --schema <file> --routing-url <url>`
      : 'correct registry.url, registry.key or registry.public_key, or start the registry';
  const message =
    outage === undefined
      ? `nothing has been published to ${graph} yet, and the configuration names no subgraph`
      : `${graph} cannot be read from the registry, and the configuration names no subgraph: ${outage}`;
  return new CompositionError([{ severity: 'error', code: schemaUnavailable, message, places: [], suggestedFix }]);
}

function unusable({ file }: ResolvedConfig, error: unknown): ConfigError {
  invariant(error instanceof Error, 'errors are thrown');
  return new ConfigError(file, [{ path: 'registry', line: undefined, message: error.message }]);
}
