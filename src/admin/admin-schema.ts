/** The admin graph: what operators see and change while a gateway runs. Each field requires a scope of the caller. */
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { type ApiKey, type ApiKeyRights, ApiKeys, type CreatedApiKey } from '../access/index.ts';
import { parseDuration, type ResolvedConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';
import type { RecordReader } from '../records/index.ts';
import type { Store } from '../store/index.ts';
import { budgetsResolvers, budgetsTypeDefs } from './admin-budgets.ts';
import { cachesResolvers, cachesTypeDefs } from './admin-caches.ts';
import { type AdminCaller, writer } from './admin-caller.ts';
import { costsResolvers, costsTypeDefs } from './admin-costs.ts';
import { type PeopleParts, peopleResolvers, peopleTypeDefs } from './admin-people.ts';
import { recordsResolvers, recordsTypeDefs } from './admin-records.ts';
import { reloadResolvers, reloadTypeDefs, type ServedGeneration } from './admin-reload.ts';
import { usageResolvers, usageTypeDefs } from './admin-usage.ts';
import { refusal } from './refusal.ts';
import type { RunningCaches } from './running-caches.ts';

const typeDefs = /* GraphQL */ `
  scalar JSON

  type Query {
    "The API keys, the newest first."
    keys(state: ApiKeyState): [ApiKey!]!
    "The newest changes, the newest first."
    audit(limit: Int! = 50): [AuditEntry!]!
  }

  "Requires the scope admin:write."
  type Mutation {
    createKey(input: CreateKeyInput!): CreatedKey!
    "Ends a key, in every running gateway within 2 seconds."
    revokeKey(id: ID!): ApiKey!
    "Creates another key of the same rights; the previous one stays valid for the overlap."
    rotateKey(id: ID!, overlap: String! = "1h"): CreatedKey!
  }

  enum ApiKeyState { ACTIVE REPLACED EXPIRED REVOKED }

  "Times are ISO 8601, in UTC."
  type ApiKey {
    id: ID!
    name: String!
    state: ApiKeyState!
    tenant: String!
    scopes: [String!]!
    roles: [String!]!
    "The models it may call on /v1; null: all."
    models: [String!]
    createdAt: String!
    expiresAt: String
    "Written once a minute at most."
    lastUsedAt: String
    revokedAt: String
    replacedBy: ID
  }

  type CreatedKey {
    "The whole key. It is not stored, and not shown again."
    secret: String!
    key: ApiKey!
  }

  input CreateKeyInput {
    name: String!
    tenant: String! = "public"
    scopes: [String!]! = []
    roles: [String!]! = []
    "The models it may call on /v1; default: all."
    models: [String!]
    "How long it is valid, such as 90d; default: for ever."
    expiresIn: String
  }

  type AuditEntry {
    id: ID!
    at: String!
    actor: String!
    action: String!
    target: String!
    before: JSON
    after: JSON
  }
`;

interface CreateKeyInput extends Omit<ApiKeyRights, 'models' | 'expiresAt'> {
  readonly models?: readonly string[] | null;
  readonly expiresIn?: string | null;
}

const maxAuditEntries = 10_000;

export interface AdminSchemaParts {
  /** What is served at the moment. */
  readonly currentConfig: () => Pick<ResolvedConfig, 'ai'>;
  readonly caches: RunningCaches;
  /** Undefined: nothing is recorded. */
  readonly records: RecordReader | undefined;
  readonly withRecords: PeopleParts['withRecords'];
  readonly generation: ServedGeneration;
  /** What clients see of what is served at the moment. */
  readonly apiSchema: () => Promise<GraphQLSchema>;
  readonly log: Logger;
}

export function createAdminSchema(
  store: Store,
  { currentConfig, caches, records, withRecords, generation, apiSchema, log }: AdminSchemaParts,
): GraphQLSchema {
  const keysOf = (caller: AdminCaller): ApiKeys => new ApiKeys(store, writer(caller));
  const ofBudgets = budgetsResolvers(store, currentConfig);
  const ofCaches = cachesResolvers({ caches, log });
  const ofPeople = peopleResolvers({ store, withRecords, caches });
  return makeExecutableSchema<AdminCaller>({
    typeDefs: [
      typeDefs,
      costsTypeDefs,
      budgetsTypeDefs,
      cachesTypeDefs,
      recordsTypeDefs,
      usageTypeDefs,
      peopleTypeDefs,
      reloadTypeDefs,
    ],
    resolvers: {
      Query: {
        ...costsResolvers(store),
        ...recordsResolvers(records),
        ...usageResolvers(records, apiSchema),
        ...ofBudgets.Query,
        ...ofCaches.Query,
        ...ofPeople.Query,
        async keys(_: unknown, { state }: { readonly state?: string | null }, { actor }) {
          const keys = (await new ApiKeys(store, actor).list()).map(toGraph);
          return keys.filter((key) => state === undefined || state === null || key.state === state);
        },
        async audit(_: unknown, { limit }: { readonly limit: number }) {
          if (limit < 1 || limit > maxAuditEntries) throw invalid(`limit is from 1 to ${maxAuditEntries}`);
          return (await store.auditLog.newest(limit)).map((entry) => ({ ...entry, at: time(entry.at) }));
        },
      },
      Mutation: {
        ...ofBudgets.Mutation,
        ...ofCaches.Mutation,
        ...ofPeople.Mutation,
        ...reloadResolvers(generation),
        async createKey(_: unknown, { input }: { readonly input: CreateKeyInput }, caller) {
          const { models, expiresIn, ...rights } = input;
          const expiresAt = expiresIn ? Date.now() + durationOf('expiresIn', expiresIn) : undefined;
          return toCreated(await keysOf(caller).create({ ...rights, models: models ?? undefined, expiresAt }));
        },
        async revokeKey(_: unknown, { id }: { readonly id: string }, caller) {
          return toGraph(await keysOf(caller).revoke(id));
        },
        async rotateKey(_: unknown, { id, overlap }: { readonly id: string; readonly overlap: string }, caller) {
          const overlapMs = overlap === '0' ? 0 : durationOf('overlap', overlap);
          return toCreated(await keysOf(caller).rotate(id, overlapMs));
        },
      },
    },
  });
}

const invalid = (message: string): GraphQLError => refusal('BAD_USER_INPUT', message);

function durationOf(name: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds <= 0) throw invalid(`${name}: write a duration such as 90d`);
  return milliseconds;
}

function toCreated({ key: secret, ...key }: CreatedApiKey) {
  return { secret, key: toGraph(key) };
}

function toGraph({ createdAt, expiresAt, lastUsedAt, revokedAt, state, ...key }: ApiKey) {
  return {
    ...key,
    state: state.toUpperCase(),
    createdAt: time(createdAt),
    expiresAt: time(expiresAt),
    lastUsedAt: time(lastUsedAt),
    revokedAt: time(revokedAt),
  };
}

function time(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
