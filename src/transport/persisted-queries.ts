/**
 * Automatic persisted queries towards a subgraph: a query is sent by its hash first, and whole only where the subgraph
 * does not know it yet. A subgraph that does not do this is remembered, and asked as usual from then on.
 * Queries only: a mutation is sent once, whole.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SubgraphResponse } from './subgraph-client.ts';

/** Characters of queries that are held: hashing one of 10 KB again takes 20 µs. */
const maxCharacters = 2_000_000;
/** What an entry takes besides its text: two strings' heads, a hash, a place in the map. */
const entryCharacters = 200;

export class PersistedQueries {
  supported = true;
  readonly #hashes = new LRUCache<string, string>({
    maxSize: maxCharacters,
    sizeCalculation: (_hash, query) => query.length + entryCharacters,
  });

  hashOf(query: string): string {
    let hash = this.#hashes.get(query);
    if (hash === undefined) {
      hash = createHash('sha256').update(query).digest('hex');
      this.#hashes.set(query, hash);
    }
    return hash;
  }

  /** Characters that are held, an entry's own size included. */
  get size(): number {
    return this.#hashes.calculatedSize;
  }

  /** What the subgraph says about a hash, where it says anything. */
  refusalIn({ errors }: SubgraphResponse): 'not-found' | 'not-supported' | undefined {
    if (errors === undefined) return undefined;
    for (const { message, extensions } of errors) {
      if (extensions?.code === 'PERSISTED_QUERY_NOT_FOUND' || message === 'PersistedQueryNotFound') return 'not-found';
      if (extensions?.code === 'PERSISTED_QUERY_NOT_SUPPORTED' || message === 'PersistedQueryNotSupported') {
        return 'not-supported';
      }
    }
    return undefined;
  }
}
