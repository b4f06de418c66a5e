/**
 * Model clients outlive schema generations: a swap that does not touch `ai` keeps loaded models, connections and kept
 * answers. A client is closed when the last generation that leases it has ended.
 */
import { type CacheStore, createAnswerStore } from '../../cache/index.ts';
import type { AiConfig } from '../../config/index.ts';
import { stableHash } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { createModelClient } from './create-model-client.ts';
import type { ModelClient } from './model-call.ts';

export interface ModelsLease {
  readonly client: ModelClient;
  /** Where model answers and AI fields are kept. */
  readonly cache: CacheStore;
  release(): Promise<void>;
}

interface Leased {
  readonly key: string;
  readonly client: ModelClient;
  readonly cache: CacheStore;
  users: number;
}

export class SharedModels {
  readonly #log: Logger;
  readonly #resolveFrom: string;
  /** What the newest configuration leases; an older one's lives on in its leases. */
  #newest: Leased | undefined;

  /** @param resolveFrom the folder of the configuration: where AI SDK packages are looked for */
  constructor(log: Logger, resolveFrom: string) {
    this.#log = log;
    this.#resolveFrom = resolveFrom;
  }

  acquire(ai: AiConfig): ModelsLease {
    const { fields: _, ...ofClient } = ai;
    const key = stableHash(ofClient);
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
        await leased.cache.close();
      },
    };
  }

  #open(key: string, ai: AiConfig): Leased {
    const cache = createAnswerStore(ai.cache, this.#log);
    const client = createModelClient({ ai, cache, log: this.#log, resolveFrom: this.#resolveFrom });
    this.#newest = { key, client, cache, users: 0 };
    return this.#newest;
  }
}
