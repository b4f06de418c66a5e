/** The limits of each caller: those of `limits`, or of the first entry of `limits.clients` that fits the caller. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { LimitsConfig, OperationLimits } from '../config/index.ts';
import type { Priority } from './overload/turns.ts';

/** What of a request says whose it is. */
export interface LimitedClient {
  readonly requestId: string;
  readonly principal: Principal;
  readonly clientHeaders?: IncomingHttpHeaders | undefined;
}

/** The headers that clients name themselves with: Apollo's, and the one of GraphQL Hive. Anyone can send them. */
export const clientNameHeaders = ['apollographql-client-name', 'graphql-client-name'] as const;

/** `batch`: whoever sends it lets others go first. */
export const priorityHeader = 'isthmus-priority';

export function clientNameOf({ clientHeaders }: Pick<LimitedClient, 'clientHeaders'>): string | undefined {
  if (clientHeaders === undefined) return undefined;
  return textOf(clientHeaders['apollographql-client-name']) ?? textOf(clientHeaders['graphql-client-name']);
}

export function clientVersionOf(headers: IncomingHttpHeaders): string | undefined {
  return textOf(headers['apollographql-client-version']) ?? textOf(headers['graphql-client-version']);
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

export class ClientLimits {
  /** Whether all callers have the same limits. */
  readonly areEqual: boolean;
  readonly #config: LimitsConfig;

  constructor(config: LimitsConfig) {
    this.#config = config;
    this.areEqual = config.clients.length === 0;
  }

  /** The most that any caller may have. */
  most(limit: keyof OperationLimits): number {
    const { operation, clients } = this.#config;
    return Math.max(operation[limit], ...clients.map(({ limits }) => limits[limit]));
  }

  of(client: LimitedClient): OperationLimits {
    return this.#entryOf(client)?.limits ?? this.#config.operation;
  }

  /** Of the client's entry, or lower where it asks for that itself. */
  priorityOf(client: LimitedClient): Priority {
    if (client.clientHeaders?.[priorityHeader] === 'batch') return 'batch';
    return this.#entryOf(client)?.priority ?? 'interactive';
  }

  #entryOf(client: LimitedClient): LimitsConfig['clients'][number] | undefined {
    if (this.areEqual) return undefined;
    const name = clientNameOf(client);
    return this.#config.clients.find(
      ({ principal, clientName }) =>
        (principal === undefined || isCaller(client.principal, principal)) &&
        (clientName === undefined || clientName === name),
    );
  }
}

/** An anonymous caller has no id of its own, whatever `access.anonymous` calls it. */
function isCaller({ kind, id }: Principal, named: string): boolean {
  return kind !== 'anonymous' && id === named;
}
