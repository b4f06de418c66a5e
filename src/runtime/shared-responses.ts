/** Cached answers outlive generations: each has keys of its own in the one store, and a reload that brings back a generation finds its answers. */
import { CacheHints, type CacheStore, OperationPolicy, ResponseCache } from '../cache/index.ts';
import type { CacheStoreConfig, ResponseCacheConfig } from '../config/index.ts';
import { SharedLeases, stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';

/** How whole answers are cached. */
export interface Responses {
  readonly cache: ResponseCache;
  readonly config: ResponseCacheConfig;
  /** Collects how long the answer of one operation may be cached. */
  createPolicy(): OperationPolicy;
}

export interface ResponsesLease {
  readonly responses: Responses;
  release(): Promise<void>;
}

/** Opens a store of cached bytes. */
export type OpenCacheStore = (config: CacheStoreConfig, log: Logger) => CacheStore;

export class SharedResponses {
  readonly #log: Logger;
  readonly #openStore: OpenCacheStore;
  readonly #stores = new SharedLeases<CacheStore>((store) => store.close());

  constructor(log: Logger, openStore: OpenCacheStore) {
    this.#log = log;
    this.#openStore = openStore;
  }

  /** @returns undefined where whole answers are not cached */
  async acquire({
    config: { cache, subgraphs },
    sources,
  }: Pick<SupergraphParts, 'config' | 'sources'>): Promise<ResponsesLease | undefined> {
    const { response: config, store, maxBytes } = cache;
    if (config === undefined) return undefined;
    const { value, release } = await this.#stores.acquire(stableHash({ store, maxBytes }), async () =>
      this.#openStore({ store, maxBytes }, this.#log),
    );
    // AI fields are answered by what they read, which is read for the same answer.
    const hinted = subgraphs.filter(({ kind }) => kind !== 'ai').map(({ name }) => name);
    const hints = new Map(hinted.map((name) => [name, new CacheHints(sources.get(name)?.sdl ?? '')]));
    const policySources = { hints, defaultMaxAgeMs: config.defaultMaxAgeMs };
    const keepStaleMs = Math.max(config.staleWhileRevalidateMs, config.staleIfErrorMs);
    return {
      responses: {
        cache: new ResponseCache({ store: value, keepStaleMs }),
        config,
        createPolicy: () => new OperationPolicy(policySources),
      },
      release,
    };
  }
}
