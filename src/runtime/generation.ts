/** What a generation is, and what serves it: the types that routes and commands read. */
import type { GraphQLSchema } from 'graphql';
import type { Access, ApiSchemas, Authenticator, ContractChoice, Statements } from '../access/index.ts';
import type { Budgets } from '../ai/budgets/index.ts';
import type { PublishedPrompt } from '../ai/fields/index.ts';
import type { ModelClient } from '../ai/models/index.ts';
import type { CacheName, CacheSnapshot, WriteTokens } from '../cache/index.ts';
import type { EntityTypes } from '../cache/tags/index.ts';
import type { CanaryTallies } from '../canary/index.ts';
import type { PublishedOverlay, ResolvedConfig } from '../config/index.ts';
import type { ExecutionEngine } from '../execution/index.ts';
import type { CacheGroup } from '../lib/index.ts';
import type { FieldLimits, JointRates, Limits, Rates } from '../limits/index.ts';
import type { Logger, ProcessMetrics, ThreadMetrics } from '../observability/index.ts';
import type { PersistedOperations } from '../persisted/index.ts';
import type { Hooks } from '../plugins/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import type { Generation, Generations } from '../supergraph/index.ts';
import type { SubgraphClient } from '../transport/index.ts';
import type { Invalidated, Invalidation } from './invalidation.ts';
import type { Responses } from './shared-caches.ts';

/**
 * Everything that changes together: configuration, supergraph, subgraph clients, prompts, engine. It is built and
 * prepared aside, then swapped in by one assignment.
 */
export interface GatewayGeneration extends Generation {
  readonly config: ResolvedConfig;
  readonly supergraphSdl: string;
  readonly apiSchema: GraphQLSchema;
  readonly engine: ExecutionEngine;
  /** As operations reach them. */
  readonly subgraphs: readonly SubgraphClient[];
  /** Identifies the caller of each request. */
  readonly authenticator: Authenticator;
  /** What callers may read; undefined where nothing of the schema is protected. */
  readonly access: Access | undefined;
  /** Which contract a request has; undefined where none is configured. */
  readonly contracts: ContractChoice | undefined;
  /** The API schemas of contracts, and what callers may use of them. */
  readonly apiSchemas: ApiSchemas;
  /** The documents that clients name instead of sending them; undefined where they send all. */
  readonly persisted: PersistedOperations | undefined;
  /** The entity types of the graph, by whose keys cached answers are invalidated. */
  readonly entities: EntityTypes;
  /** How whole answers are cached; undefined where they are not. */
  readonly responses: Responses | undefined;
  /** Tells when clients have written; undefined where nothing is cached. */
  readonly writes: WriteTokens | undefined;
  /** How large operations may be. */
  readonly limits: Limits;
  /** How often whom is served; undefined where that is not limited. */
  readonly rates: Rates | undefined;
  /** What several gateways count together; undefined: each counts its own. */
  readonly jointRates: JointRates | undefined;
  /** How often callers may read fields; undefined where the schema limits none. */
  readonly fieldLimits: FieldLimits | undefined;
  /** What subgraphs are told of callers; undefined where nothing is. */
  readonly statements: Statements | undefined;
  /** What is cached of clients’ operations: within `limits.memory`, and gone with the generation. */
  readonly caches: CacheGroup;
  readonly models: ModelClient;
  /** What models may be used for, by whom. */
  readonly budgets: Budgets;
  /** The plugins’ hooks; undefined without plugins. */
  readonly hooks?: Hooks | undefined;
  /** Prompts that are served by themselves, under /v1/prompts. */
  readonly prompts: readonly PublishedPrompt[];
}

/** The outcome of a reload; a refusal has been logged, with every problem. */
export type ReloadOutcome =
  | { readonly kind: 'swapped'; readonly generation: string }
  | { readonly kind: 'unchanged' }
  /** The gateway is closing. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'refused'; readonly error: Error };

/** Builds and prepares a generation aside; what it gives makes the generation serve. */
export type Stage = (parts: SupergraphParts, signal: AbortSignal) => Promise<() => void>;

/** Runs before a generation serves; a rejection refuses the generation. */
export type Preparation = (generation: GatewayGeneration) => Promise<void>;

/** The workers of a gateway that has several. */
export interface WorkerCount {
  /** Those that are started, or started again. */
  readonly configured: number;
  readonly serving: number;
}

/** A supergraph that is being served: its generations. */
export interface ServingRuntime {
  readonly generations: Generations<GatewayGeneration>;
  readonly log: Logger;
  /** Runs `prepare` on the current generation, and on each later one before it serves. */
  prepareWith(prepare: Preparation): Promise<void>;
  /** What this thread counts; undefined: nothing. */
  readonly metrics: ThreadMetrics | undefined;
  /** Undefined where one thread serves. */
  readonly workers?: { count(): WorkerCount };
}

/** A supergraph that is served from its configuration: how its generations are replaced. */
export interface GatewayRuntime extends ServingRuntime {
  /** Of the process; undefined: there are none. */
  readonly processMetrics: ProcessMetrics | undefined;
  /** What is counted of canaries; undefined where no registry is followed. */
  readonly canaryTallies: CanaryTallies | undefined;
  /** Reads the configuration as it is now, with what is published over it. @throws ConfigError */
  loadConfig(published?: PublishedOverlay): Promise<ResolvedConfig>;
  reload(): Promise<ReloadOutcome>;
  /**
   * No answer that was cached of these until now is sent again.
   * @throws GatewayError `BAD_REQUEST` for an entity that the graph does not have
   */
  invalidate(invalidations: readonly Invalidation[]): Promise<Invalidated>;
  /** What the stores of caches hold, and what has happened in them and to answers. */
  cacheStats(): Promise<CacheSnapshot>;
  /** Removes what is cached, or one cache. @returns false where a store could not be reached */
  purge(cache: CacheName | undefined): Promise<boolean>;
  close(): Promise<void>;
}
