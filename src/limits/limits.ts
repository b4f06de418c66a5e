/** What limits the operations of one generation, in the order in which it is checked. */
import type { LimitsConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { Constraints, CostTypes } from '../supergraph/index.ts';
import { ClientLimits, type LimitedClient } from './client-limits.ts';
import { CostLimits } from './complexity/index.ts';
import { ArgumentRules } from './constraints/index.ts';
import { DocumentLimits } from './document/document-limits.ts';
import { Excesses } from './excesses.ts';
import type { Priority } from './overload/turns.ts';

export interface Limits {
  /** Before a document is validated. */
  readonly documents: DocumentLimits;
  /** Once an operation has been validated; undefined where no argument has a rule. */
  readonly arguments: ArgumentRules | undefined;
  /** Once an operation has been planned, before anything of it is sent. */
  readonly plans: PlanLimits;
  /** Whose operations wait for those of others (`limits.overload`). */
  priorityOf(client: LimitedClient): Priority;
}

export interface PlanLimits {
  /** @throws AggregateError of GatewayError `MAX_FETCHES_LIMIT` */
  checkFetches(fetches: number, client: LimitedClient): void;
  /**
   * @param representations the entities that the operation has asked for, those of the next request included
   * @returns the error of that request; undefined where it may be sent
   */
  refusalOfEntities(representations: number, client: LimitedClient): GatewayError | undefined;
  /**
   * Where limits are only measured: logs an operation that has asked for too many, once it has run.
   * @param representations all of them
   */
  measureEntities(representations: number, client: LimitedClient): void;
  /**
   * @param errorOf makes the error, from the limit in nano-dollars
   * @throws AggregateError of it where the operation may cost more
   */
  checkDollars(nanoUsd: bigint, client: LimitedClient, errorOf: (limit: number) => GatewayError): void;
  /** What operations may cost; undefined where they are not priced. */
  readonly costs: CostLimits | undefined;
}

export interface LimitsOptions {
  readonly config: LimitsConfig;
  readonly log: Logger;
  readonly costTypes: CostTypes;
  /** The rules of arguments. */
  readonly constraints: Constraints;
  /** The types that each object type also is. */
  readonly memberships: ReadonlyMap<string, ReadonlySet<string>>;
}

export function createLimits(options: LimitsOptions): Limits {
  const { config, log, costTypes: types, constraints, memberships } = options;
  const clients = new ClientLimits(config);
  const excesses = new Excesses(config.mode, log);
  const { cost } = config;
  return {
    documents: new DocumentLimits(clients, excesses),
    arguments: constraints.size === 0 ? undefined : new ArgumentRules(constraints, excesses),
    priorityOf: (client) => clients.priorityOf(client),
    plans: {
      checkFetches(fetches, client) {
        const limit = clients.of(client).fetches;
        if (fetches <= limit) return;
        const message = `The operation needs ${fetches} requests to subgraphs; at most ${limit} are allowed.`;
        excesses.report([new GatewayError('MAX_FETCHES_LIMIT', { message, facts: { limit, found: fetches } })], client);
      },
      checkDollars(nanoUsd, client, errorOf) {
        const limit = clients.of(client).aiNanoUsd;
        if (limit < Number.POSITIVE_INFINITY && nanoUsd > BigInt(limit)) excesses.report([errorOf(limit)], client);
      },
      refusalOfEntities(representations, client) {
        const limit = clients.of(client).representations;
        return representations <= limit || !excesses.areRefused ? undefined : tooManyEntities(representations, limit);
      },
      measureEntities(representations, client) {
        if (excesses.areRefused) return;
        const limit = clients.of(client).representations;
        if (representations > limit) excesses.measure([tooManyEntities(representations, limit)], client);
      },
      costs:
        cost && new CostLimits({ config: cost, types, memberships, clients, excesses: new Excesses(cost.mode, log) }),
    },
  };
}

function tooManyEntities(found: number, limit: number): GatewayError {
  const message = `The operation reads ${found} entities; at most ${limit} are allowed.`;
  return new GatewayError('MAX_REPRESENTATIONS_LIMIT', { message, facts: { limit, found } });
}
