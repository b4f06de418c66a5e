/** Invalidation in the admin graph: the same as `POST /admin/invalidate`. */
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import { type AdminCaller, writer } from './admin-caller.ts';
import { type Invalidate, invalidateFor, readInvalidations } from './invalidate-caches.ts';
import { refusal } from './refusal.ts';

export const cachesTypeDefs = /* GraphQL */ `
  extend type Mutation {
    "Cached answers are not sent again. Returns the tags that they were invalidated by."
    invalidate(caches: [InvalidationInput!]!): [String!]!
  }

  enum InvalidationKind { SUBGRAPH TYPE CACHE_TAG ENTITY OPERATION TENANT PROMPT }

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

export function cachesResolvers(parts: { readonly invalidate: Invalidate; readonly log: Logger }) {
  return {
    async invalidate(_: unknown, { caches }: { readonly caches: readonly InvalidationInput[] }, caller: AdminCaller) {
      writer(caller);
      try {
        return await invalidateFor(caller, readInvalidations(caches.map(toInvalidation)), parts);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        throw refusal(error.code === 'OVERLOADED' ? 'OVERLOADED' : 'BAD_USER_INPUT', error.message);
      }
    },
  };
}

function toInvalidation({ kind, cacheTag, ...rest }: InvalidationInput): Readonly<Record<string, unknown>> {
  const fields = Object.entries({ ...rest, cache_tag: cacheTag }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return { kind: kind.toLowerCase(), ...Object.fromEntries(fields) };
}
