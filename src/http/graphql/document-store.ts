/**
 * The documents that Apollo Server has parsed and validated, for requests that do not go round it (by GET, or with
 * extensions): in the generation's caches, not in a store of Apollo's own that measures them by their JSON.
 */
import type { DocumentNode } from 'graphql';
import { retainedDocument } from '../../execution/index.ts';
import type { BudgetedCache } from '../../lib/index.ts';

/** What Apollo Server asks of its `documentStore`. */
export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<void>;
}

export function createDocumentStore(cache: BudgetedCache<DocumentNode>): DocumentStore {
  return {
    get: async (key) => cache.get(key),
    async set(key, document) {
      cache.set(key, document, 0, [{ object: document, bytes: retainedDocument(document).bytes }]);
    },
    // Documents never become wrong: they are of one generation's schema.
    async delete() {},
  };
}
