/** Caches in the admin graph: what they hold, how they are emptied, and the same invalidation as `POST /admin/invalidate`. */
import type { CacheName } from '../cache/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import { type AdminCaller, writer } from './admin-caller.ts';
import { invalidateFor, readInvalidations } from './invalidate-caches.ts';
import { refusal } from './refusal.ts';
import type { RunningCaches } from './running-caches.ts';

export const cachesTypeDefs = /* GraphQL */ `
  extend type Mutation {
    "Cached answers are not sent again. Returns the tags that they were invalidated by."
    invalidate(caches: [InvalidationInput!]!): [String!]!
    "Removes all cached answers, or those of one cache. Returns whether it is done."
    purge(cache: CacheName): Boolean!
  }

  extend type Query {
    "The stores of cached answers, of all workers, since these were started."
    caches: [CacheStore!]!
    "What the caches did with answers, by subgraph and type, of all workers, since these were started."
    cacheOutcomes: [CacheOutcomes!]!
  }

  "Whole answers, what subgraphs answer, AI fields, answers of models, automatic persisted queries."
  enum CacheName { RESPONSES ENTITIES FIELDS MODELS DOCUMENTS OTHER }

  type CacheStore {
    "memory, redis, or memory and redis"
    kind: String!
    "ready, or why it is not: disconnected, breaker_open, refusing"
    state: String!
    invalidations: Float!
    "Calls that were a miss, or did nothing, because the store failed."
    failures: Float!
    caches: [CacheStats!]!
  }

  type CacheStats {
    cache: CacheName!
    "Stale ones included."
    hits: Float!
    misses: Float!
    stale: Float!
    sets: Float!
    "Entries that made room for others."
    evictions: Float!
    "Held now; copies of workers are counted. null: not known."
    entries: Float
    bytes: Float
  }

  type CacheOutcomes {
    cache: CacheName!
    "null: whole answers."
    subgraph: String
    "null: more types than are told apart."
    type: String
    "Fresh ones."
    hits: Float!
    stale: Float!
    misses: Float!
    stored: Float!
    "Answers that were not stored, by the reason that isthmus-explain: cache tells."
    refused: [CacheRefusals!]!
    "Hits that were compared with their source (cache.verify)."
    verified: Float!
    "Those that differed."
    wrong: Float!
  }

  type CacheRefusals {
    reason: String!
    count: Float!
  }

  enum InvalidationKind { SUBGRAPH TYPE CACHE_TAG ENTITY OPERATION TENANT PROMPT AI_TYPE }

  "A kind with what it names."
  input InvalidationInput {
    kind: InvalidationKind!
    subgraph: String
    type: String
    cacheTag: String
    "Those that have given the tag; default: all."
    subgraphs: [String!]
    "All fields of one key of the entity."
    key: JSON
    operation: String
    tenant: String
    prompt: String
  }
`;

type InvalidationInput = Readonly<Record<string, unknown>> & { readonly kind: string };

export function cachesResolvers({ caches: running, log }: { readonly caches: RunningCaches; readonly log: Logger }) {
  const { invalidate } = running;
  const Query = {
    async caches() {
      const { stores } = await running.stats();
      return stores.map(({ caches, ...store }) => ({
        ...store,
        caches: Object.entries(caches).map(([name, stats]) => ({ cache: name.toUpperCase(), ...stats })),
      }));
    },
    async cacheOutcomes() {
      const { outcomes } = await running.stats();
      return outcomes.map(({ cache, subgraph, type, refused, ...counts }) => ({
        ...counts,
        cache: cache.toUpperCase(),
        subgraph: subgraph === '' ? null : subgraph,
        type: type === '' ? null : type,
        refused: Object.entries(refused).map(([reason, count]) => ({ reason, count })),
      }));
    },
  };
  const Mutation = {
    async purge(_: unknown, { cache }: { readonly cache?: string | null }, caller: AdminCaller) {
      const actor = writer(caller);
      const name = cache?.toLowerCase() as CacheName | undefined;
      if (!(await running.purge(name)))
        throw refusal('OVERLOADED', 'A cache cannot be reached at the moment: its answers are still there. Try again.');
      log.info({ actor, cache: name ?? 'all' }, 'cached answers were removed');
      return true;
    },
    async invalidate(_: unknown, { caches }: { readonly caches: readonly InvalidationInput[] }, caller: AdminCaller) {
      writer(caller);
      try {
        return await invalidateFor(caller, readInvalidations(caches.map(toInvalidation)), { invalidate, log });
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        throw refusal(error.code === 'OVERLOADED' ? 'OVERLOADED' : 'BAD_USER_INPUT', error.message);
      }
    },
  };
  return { Query, Mutation };
}

function toInvalidation({ kind, cacheTag, ...rest }: InvalidationInput): Readonly<Record<string, unknown>> {
  const fields = Object.entries({ ...rest, cache_tag: cacheTag }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return { kind: kind.toLowerCase(), ...Object.fromEntries(fields) };
}
