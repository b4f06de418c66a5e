/**
 * Automatic persisted queries towards a subgraph: a query is sent by its hash first, and whole only where the subgraph
 * does not know it yet. A subgraph that does not do this is remembered, and asked as usual from then on.
 * Queries only: a mutation is sent once, whole.
 */
import { createHash } from 'node:crypto';
import type { SubgraphResponse } from './subgraph-client.ts';

const maxHashes = 2_000;

export class PersistedQueries {
  supported = true;
  readonly #hashes = new Map<string, string>();

  hashOf(query: string): string {
    let hash = this.#hashes.get(query);
    if (hash === undefined) {
      hash = createHash('sha256').update(query).digest('hex');
      if (this.#hashes.size >= maxHashes) this.#forgetOldest();
      this.#hashes.set(query, hash);
    }
    return hash;
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

  #forgetOldest(): void {
    const [oldest] = this.#hashes.keys();
    if (oldest !== undefined) this.#hashes.delete(oldest);
  }
}
