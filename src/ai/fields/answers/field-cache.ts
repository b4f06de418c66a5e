/**
 * Keeps an AI field's answers by what they were made from. The key is everything that can change an answer, so an edited
 * review renews the summaries that read it and nothing else does, and every client of the graph shares what is kept.
 * Only answers that were valid as a whole are kept.
 */

import { type CacheStore, DecodedEntries, type Soon } from '../../../cache/index.ts';
import type { AiFieldsConfig } from '../../../config/index.ts';

/** An answer that was kept. */
export interface KeptAnswer {
  readonly value: unknown;
  /** The reference of the model that gave it, and the prompt it was asked by. */
  readonly model: string;
  readonly prompt: string;
  /** Whether it should be renewed behind the client's back. */
  readonly isStale: boolean;
}

export interface KeepOptions {
  /** `undefined`: as long as the configuration says. */
  readonly ttlSeconds: number | undefined;
  readonly tags: readonly string[];
  /** When the question was made: an answer that was invalidated while it was under way is not kept. */
  readonly readMsAgo: number;
}

/** How a field is named where its answers are invalidated. */
export const fieldTags = {
  prompt: (name: string): string => `prompt:${name.split('@')[0]}`,
  type: (typeName: string): string => `type:${typeName}`,
};

export class FieldCache {
  readonly #store: CacheStore;
  readonly #config: AiFieldsConfig['cache'];
  readonly #decoded = new DecodedEntries<Omit<KeptAnswer, 'isStale'>>();

  constructor(store: CacheStore, config: AiFieldsConfig['cache']) {
    this.#store = store;
    this.#config = config;
  }

  get(key: string): Soon<KeptAnswer | undefined> {
    const found = this.#store.get(key);
    return found instanceof Promise ? found.then((entry) => this.#read(key, entry)) : this.#read(key, found);
  }

  set(key: string, kept: Omit<KeptAnswer, 'isStale'>, options: KeepOptions): void {
    const { ttlSeconds, tags, readMsAgo } = options;
    const ttlMs = ttlSeconds === undefined ? this.#config.maxAgeMs : ttlSeconds * 1_000;
    // A lifetime of nothing: it would be given while it is stale all the same.
    if (ttlMs <= 0) return;
    const staleMs = this.#config.staleWhileRevalidateMs;
    void this.#store.set(key, JSON.stringify(kept), { ttlMs, staleMs, tags, readMsAgo });
  }

  #read(key: string, entry: Awaited<ReturnType<CacheStore['get']>>): KeptAnswer | undefined {
    if (entry === undefined) return undefined;
    const decoded = this.#decoded.find(key, entry.value) ?? this.#decode(key, entry.value);
    if (decoded === undefined) {
      void this.#store.delete(key);
      return undefined;
    }
    return { ...decoded, isStale: entry.freshMs <= 0 };
  }

  #decode(key: string, bytes: Buffer): Omit<KeptAnswer, 'isStale'> | undefined {
    try {
      const { value, model, prompt } = JSON.parse(bytes.toString()) as Partial<KeptAnswer>;
      if (value === undefined || typeof model !== 'string' || typeof prompt !== 'string') return undefined;
      const decoded = { value, model, prompt };
      // An object is read anew each time: what a custom scalar holds becomes part of an answer's data.
      if (value === null || typeof value !== 'object') this.#decoded.add(key, bytes, decoded);
      return decoded;
    } catch {
      return undefined;
    }
  }
}
