/**
 * Caches an AI field's answers by their inputs. The key is a hash of everything that can change an answer: an edited review
 * renews the summaries that read it and nothing else, and all clients of the graph share the cached answers. Only answers
 * that were valid as a whole are cached.
 */

import { DecodedEntries, type EntryStore, type Soon } from '../../../cache/index.ts';
import type { AiFieldsConfig } from '../../../config/index.ts';

export interface CachedAnswer {
  readonly value: unknown;
  /** The reference of the model that answered, and the name of the prompt. */
  readonly model: string;
  readonly prompt: string;
  /** Whether it should be renewed in the background. */
  readonly isStale: boolean;
}

export interface CacheOptions {
  /** `undefined`: the configured TTL. */
  readonly ttlSeconds: number | undefined;
  readonly tags: readonly string[];
  /** The time since the question was created: an answer that was invalidated since is not cached. */
  readonly readMsAgo: number;
}

/** The tags by which a field's answers are invalidated. */
export const fieldTags = {
  prompt: (name: string): string => `prompt:${name.split('@')[0]}`,
  type: (typeName: string): string => `type:${typeName}`,
};

export class FieldCache {
  readonly #store: EntryStore;
  readonly #config: AiFieldsConfig['cache'];
  readonly #decoded = new DecodedEntries<Omit<CachedAnswer, 'isStale'>>();

  constructor(store: EntryStore, config: AiFieldsConfig['cache']) {
    this.#store = store;
    this.#config = config;
  }

  get(key: string): Soon<CachedAnswer | undefined> {
    const stored = this.#store.get(key);
    return stored instanceof Promise ? stored.then((entry) => this.#read(key, entry)) : this.#read(key, stored);
  }

  set(key: string, answer: Omit<CachedAnswer, 'isStale'>, options: CacheOptions): void {
    const { ttlSeconds, tags, readMsAgo } = options;
    const ttlMs = ttlSeconds === undefined ? this.#config.maxAgeMs : ttlSeconds * 1_000;
    // With a lifetime of 0 it would still be returned as stale.
    if (ttlMs <= 0) return;
    const staleMs = this.#config.staleWhileRevalidateMs;
    void this.#store.set(key, JSON.stringify(answer), { ttlMs, staleMs, tags, readMsAgo });
  }

  #read(key: string, entry: Awaited<ReturnType<EntryStore['get']>>): CachedAnswer | undefined {
    if (entry === undefined) return undefined;
    const decoded = this.#decoded.find(key, entry.value) ?? this.#decode(key, entry.value);
    if (decoded === undefined) {
      void this.#store.delete(key);
      return undefined;
    }
    return { ...decoded, isStale: entry.freshMs <= 0 };
  }

  #decode(key: string, bytes: Buffer): Omit<CachedAnswer, 'isStale'> | undefined {
    try {
      const { value, model, prompt } = JSON.parse(bytes.toString()) as Partial<CachedAnswer>;
      if (value === undefined || typeof model !== 'string' || typeof prompt !== 'string') return undefined;
      const decoded = { value, model, prompt };
      // An object is parsed each time: it becomes part of an answer's data, which is changed.
      if (value === null || typeof value !== 'object') this.#decoded.add(key, bytes, decoded);
      return decoded;
    } catch {
      return undefined;
    }
  }
}
