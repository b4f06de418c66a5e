/**
 * Cached answers outlive generations: whole ones have keys of all that decides answers, those of subgraphs keys of their schema, so
 * that a reload that does not touch a subgraph finds its entities.
 */
import {
  CacheOutcomes,
  type CacheStore,
  OperationPolicy,
  RequestVersions,
  ResponseCache,
  Verification,
  WriteTokens,
} from '../cache/index.ts';
import { SubgraphTags } from '../cache/tags/index.ts';
import type { CacheStoreConfig, LifetimeConfig, ResponsesConfig } from '../config/index.ts';
import { onDemand, SharedLeases, stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import { Invalidations, refusingUncached, withEntityCache, withTags } from '../subgraph-cache/index.ts';
import type { SubgraphClient } from '../transport/index.ts';
import { answerContent } from './answer-content.ts';
import { cachedSubgraphs, policySourcesOf } from './policy-sources.ts';

/** How whole answers are cached. */
export interface Responses {
  /** What decides answers apart from the operation and who asks. */
  readonly content: string;
  readonly cache: ResponseCache;
  readonly config: ResponsesConfig;
  readonly outcomes: CacheOutcomes;
  /** Which hits are compared with their source: none where that would have to be paid for. */
  readonly verification: Verification;
  /** Collects how long the answer of one operation may be cached. */
  createPolicy(): OperationPolicy;
}

export interface CachesLease {
  /** Undefined where whole answers are not cached. */
  readonly responses: Responses | undefined;
  readonly writes: WriteTokens;
  /** The client with its answers cached, where they are, and with what tags and invalidates them. */
  withCache(client: SubgraphClient): SubgraphClient;
  release(): Promise<void>;
}

interface OpenStore {
  readonly store: CacheStore;
  readonly invalidations: Invalidations;
}

/** Opens a store of cached bytes. */
export type OpenCacheStore = (config: CacheStoreConfig, log: Logger) => CacheStore;

export class SharedCaches {
  /** What the caches of this thread did. */
  readonly outcomes = new CacheOutcomes();
  readonly #log: Logger;
  readonly #openStore: OpenCacheStore;
  readonly #stores = new SharedLeases<OpenStore>(({ store, invalidations }) => {
    invalidations.close();
    return store.close();
  });

  constructor(log: Logger, openStore: OpenCacheStore) {
    this.#log = log;
    this.#openStore = openStore;
  }

  /**
   * @param keys what masks hash with, and what tokens of clients that have written are signed with
   * @returns undefined where nothing is cached
   */
  async acquire(
    parts: SupergraphParts,
    { maskKey, writeKey }: Readonly<Record<'maskKey' | 'writeKey', string | Uint8Array>>,
  ): Promise<CachesLease | undefined> {
    const { config, sources, composition } = parts;
    const { store, maxBytes, response, entities } = config.cache;
    if (response === undefined && Object.keys(entities).length === 0) return undefined;
    const lease = await this.#stores.acquire(stableHash({ store, maxBytes }), async () => {
      const opened = this.#openStore({ store, maxBytes }, this.#log);
      return { store: opened, invalidations: new Invalidations({ store: opened, log: this.#log }) };
    });
    const { store: value, invalidations } = lease.value;
    const policySources = policySourcesOf(parts);
    const { hints, callerAware } = policySources;
    const cached = cachedSubgraphs(config);
    const cacheOf = ({ staleWhileRevalidateMs, staleIfErrorMs }: LifetimeConfig) =>
      new ResponseCache({ store: value, keepStaleMs: Math.max(staleWhileRevalidateMs, staleIfErrorMs) });
    const guard = (client: SubgraphClient): SubgraphClient =>
      config.cache.clientDirectives === 'nobody' ? client : refusingUncached(client);
    const log = this.#log;
    const { outcomes } = this;
    const { verifiedShare } = config.cache;
    return {
      responses: response && {
        content: answerContent(parts, maskKey),
        cache: cacheOf(response),
        config: response,
        outcomes,
        verification: new Verification(config.subgraphs.some(({ kind }) => kind === 'ai') ? 0 : verifiedShare),
        createPolicy: () => new OperationPolicy({ ...policySources, defaultMaxAgeMs: response.defaultMaxAgeMs }),
      },
      writes: new WriteTokens(value, writeKey),
      withCache(client) {
        const { [client.name]: lifetime } = entities;
        const subgraph = cached.find(({ name }) => name === client.name);
        const hintsOf = hints.get(client.name);
        const tags = new SubgraphTags({
          subgraph: client.name,
          rules: composition.cacheRules.get(client.name) ?? new Map(),
          entities: composition.entityTypes,
        });
        const tagging = {
          tags,
          entities: composition.entityTypes,
          subgraphs: config.subgraphs.map(({ name }) => name),
          invalidations,
        };
        if (lifetime === undefined || subgraph === undefined || hintsOf === undefined)
          return withTags(guard(client), { ...tagging, givesTags: response !== undefined });
        const { sdl = '', url } = sources.get(client.name) ?? {};
        const ofType = (type: string) => {
          const { keys, interfaces } = composition.entityTypes.get(type) ?? {};
          return { keys, interfaces };
        };
        const versions = onDemand(() => new RequestVersions({ sdl, hints: hintsOf, ofType }));
        const withEntities = withEntityCache(client, {
          tags,
          cache: cacheOf(lifetime),
          config: lifetime,
          hints: hintsOf,
          outcomes,
          verification: new Verification(verifiedShare),
          isCallerAware: callerAware.has(client.name),
          versionOf: (query) => stableHash([subgraph.kind, url, versions().of(query)]),
          headers: config.headers[client.name],
          refreshTimeoutMs: config.server.operationTimeoutMs,
          log,
        });
        return withTags(withEntities, { ...tagging, givesTags: false });
      },
      release: lease.release,
    };
  }
}
