/**
 * Model clients outlive schema generations: a reload that does not change `ai` reuses loaded models, connections and
 * cached answers. A client is closed when the last generation that leases it has ended.
 */
import { type CacheStore, createCacheStore, type EntryStore } from '../../cache/index.ts';
import type { AiConfig } from '../../config/index.ts';
import { type LocalCounters, ProcessCounters } from '../../counters/index.ts';
import { stableHash } from '../../lib/index.ts';
import type { Logger, ThreadMetrics } from '../../observability/index.ts';
import { noSignals, type Signals } from '../../signals/index.ts';
import type { ModelProvider } from '../model-call/index.ts';
import type { LocalModels } from '../providers/local/index.ts';
import { createModelClient } from './create-model-client.ts';
import type { ModelClient } from './model-call.ts';

export interface ModelsLease {
  readonly client: ModelClient;
  /** Where the answers of models and of AI fields are cached. */
  readonly cache: EntryStore;
  release(): Promise<void>;
}

interface SharedEntry {
  readonly key: string;
  readonly client: ModelClient;
  readonly cache: EntryStore;
  users: number;
}

export interface SharedModelsOptions {
  readonly log: Logger;
  /** The folder of the configuration: optional AI SDK packages are resolved from here. */
  readonly resolveFrom: string;
  /** The application's providers, by name, in addition to `ai.providers`; the application closes them. @default none */
  readonly providers?: Readonly<Record<string, ModelProvider>> | undefined;
  /** Replaces the cache of `ai.cache`; its creator closes it. */
  readonly cacheStore?: EntryStore | undefined;
  /** What the limits of targets are counted with, by every configuration. @default of this process */
  readonly counters?: LocalCounters | undefined;
  /** How breakers and cool-downs reach other workers. @default not at all */
  readonly signals?: Signals | undefined;
  /** Where calls are counted; undefined: nowhere. */
  readonly metrics?: ThreadMetrics | undefined;
  /** The built-in models, where another owner has them. @default a worker thread of each provider */
  readonly localModels?: LocalModels | undefined;
  /** Opens the store of `ai.cache`. @default memory of this thread, or Redis */
  readonly openStore?: ((config: AiConfig['cache'], log: Logger) => CacheStore) | undefined;
}

export class SharedModels {
  readonly #options: SharedModelsOptions;
  readonly #counters: LocalCounters;
  /** The entry of the newest configuration; older entries stay open until their leases are released. */
  #newest: SharedEntry | undefined;

  constructor(options: SharedModelsOptions) {
    this.#options = options;
    this.#counters = options.counters ?? new ProcessCounters();
  }

  acquire(ai: AiConfig): ModelsLease {
    const { fields: _, ...clientConfig } = ai;
    const key = stableHash(clientConfig);
    const leased = this.#newest?.key === key ? this.#newest : this.#open(key, ai);
    leased.users++;
    return {
      client: leased.client,
      cache: leased.cache,
      release: async () => {
        leased.users--;
        if (leased.users > 0) return;
        if (this.#newest === leased) this.#newest = undefined;
        await leased.client.close();
        if (leased.cache !== this.#options.cacheStore) await leased.cache.close();
      },
    };
  }

  #open(key: string, ai: AiConfig): SharedEntry {
    const { log, resolveFrom, providers: applicationProviders = {}, cacheStore, localModels, metrics } = this.#options;
    const { openStore = createCacheStore, signals = noSignals } = this.#options;
    const cache = cacheStore ?? openStore(ai.cache, log);
    const furtherProviders = new Map(
      Object.entries(applicationProviders).map(([name, provider]) => [name, withoutClose(provider)]),
    );
    const client = createModelClient({
      ai,
      cache,
      log,
      resolveFrom,
      furtherProviders,
      counters: this.#counters,
      signals,
      localModels,
      metrics,
    });
    this.#newest = { key, client, cache, users: 0 };
    return this.#newest;
  }
}

/** A model client closes its providers; an application's provider is closed by its owner. */
function withoutClose(provider: ModelProvider): ModelProvider {
  const { moderate } = provider;
  return {
    name: provider.name,
    keys: provider.keys,
    announcesSends: provider.announcesSends,
    complete: (model, request, call) => provider.complete(model, request, call),
    stream: (model, request, call) => provider.stream(model, request, call),
    embed: (model, request, call) => provider.embed(model, request, call),
    ...(moderate === undefined
      ? {}
      : { moderate: (model, texts, call) => moderate.call(provider, model, texts, call) }),
    close: async () => {},
  };
}
