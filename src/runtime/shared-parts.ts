import { randomBytes } from 'node:crypto';
import { KeySets, SharedKeyRings } from '../access/index.ts';
import type { FollowedRaises, JointBudgets } from '../ai/budgets/index.ts';
import { ThreadLedger } from '../ai/ledger/index.ts';
import { SharedModels, type SharedModelsOptions } from '../ai/models/index.ts';
import { createCacheStore } from '../cache/index.ts';
import {
  createBucketMemory,
  createFieldCounterMemory,
  type LocalCounters,
  ProcessCounters,
  SharedCounters,
  TokenBuckets,
} from '../counters/index.ts';
import { MemoryBudget, SharedLeases } from '../lib/index.ts';
import type { JointRates } from '../limits/index.ts';
import type { ThreadMetrics } from '../observability/index.ts';
import { SharedDocuments } from '../persisted/index.ts';
import { createPlannerPool, type PlannerPool } from '../planning/index.ts';
import { noSignals, type Signals } from '../signals/index.ts';
import type { Webhook } from '../webhooks/index.ts';
import { type OpenCacheStore, SharedCaches } from './shared-caches.ts';
import { SubgraphCredentials } from './subgraph-credentials.ts';

/** What outlives generations: planner processes, keys of token issuers, and model clients with their loaded models and connections. */
export interface SharedParts {
  readonly models: SharedModels;
  /** What limits and budgets of models are counted with: they go on counting through reloads. */
  readonly counters: LocalCounters;
  /** What rates are counted with, likewise. */
  readonly buckets: TokenBuckets;
  /** What several gateways count together, by the hash of its configuration. */
  readonly jointBudgets: SharedLeases<JointBudgets>;
  /** Rates that several gateways count together, likewise. */
  readonly jointRates: SharedLeases<JointRates>;
  /** Temporary increases of budgets, by the hash of `store`. */
  readonly budgetRaises: SharedLeases<FollowedRaises>;
  /** Where alerts of budgets are sent, by the hash of its configuration. */
  readonly alertWebhooks: SharedLeases<Webhook>;
  /** What calls of models are recorded with. */
  readonly ledger: ThreadLedger;
  /** What the reads of limited fields are counted with: apart, since callers make as many identities as they like. */
  readonly fieldCounters: LocalCounters;
  readonly planners: PlannerPool;
  /** The public keys of token issuers. */
  readonly keySets: KeySets;
  /** The API keys of callers. */
  readonly keyRings: SharedKeyRings;
  /** Trusted documents, and those that clients have registered. */
  readonly documents: SharedDocuments;
  /** Cached answers. */
  readonly caches: SharedCaches;
  /** The certificates for subgraphs. */
  readonly subgraphCredentials: SubgraphCredentials;
  /** What the keys are derived from that sign statements to subgraphs. */
  readonly statementSecret: Uint8Array;
  /** How breakers of subgraphs and models follow those of other workers. */
  readonly signals: Signals;
  /** One bound for all generations: an old one that still serves a long request adds nothing to it. */
  readonly memory: MemoryBudget;
  /** What this thread counts for metrics; undefined: nothing. */
  readonly metrics: ThreadMetrics | undefined;
}

export interface SharedPartsOptions extends SharedModelsOptions {
  /** @default of this thread alone */
  readonly buckets?: TokenBuckets;
  /** @default of this thread alone */
  readonly fieldCounters?: LocalCounters;
  /** @default processes of this runtime */
  readonly planners?: PlannerPool;
  /** Names this thread: no other has or had the number in this process. @default 1 */
  readonly holder?: number;
  /** @default random */
  readonly statementSecret?: Uint8Array;
  /** Opens the stores of `cache`. @default memory of this thread, or Redis */
  readonly openCacheStore?: OpenCacheStore;
}

export function createSharedParts({
  planners,
  statementSecret,
  openCacheStore = createCacheStore,
  counters = new ProcessCounters(),
  buckets = new TokenBuckets({ memory: createBucketMemory(), holder: 1 }),
  holder = 1,
  fieldCounters = new SharedCounters({ memory: createFieldCounterMemory(), holder: 1 }),
  ...options
}: SharedPartsOptions): SharedParts {
  return {
    models: new SharedModels({ ...options, counters }),
    counters,
    buckets,
    jointBudgets: new SharedLeases<JointBudgets>((joint) => joint.close()),
    jointRates: new SharedLeases<JointRates>((joint) => joint.close()),
    budgetRaises: new SharedLeases<FollowedRaises>((raises) => raises.close()),
    alertWebhooks: new SharedLeases<Webhook>((webhook) => webhook.close()),
    ledger: new ThreadLedger(holder, options.log),
    fieldCounters,
    keySets: new KeySets(),
    keyRings: new SharedKeyRings(options.log, options.signals ?? noSignals),
    documents: new SharedDocuments(options.log, openCacheStore),
    caches: new SharedCaches(options.log, openCacheStore),
    subgraphCredentials: new SubgraphCredentials(options.log),
    statementSecret: statementSecret ?? randomBytes(32),
    signals: options.signals ?? noSignals,
    planners: planners ?? createPlannerPool({ log: options.log, metrics: options.metrics }),
    metrics: options.metrics,
    memory: new MemoryBudget(Number.POSITIVE_INFINITY), // until the first configuration has been read
  };
}
