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

/** An entry of `limits.clients`, and its place among them: the first that fits counts. */
interface Entry {
  readonly config: LimitsConfig['clients'][number];
  readonly place: number;
}

export class ClientLimits {
  /** Whether all callers have the same limits. */
  readonly areEqual: boolean;
  readonly #config: LimitsConfig;
  /** The entries that name a caller, by its id: those that fit any client of it, or one client. */
  readonly #byPrincipal = new Map<string, readonly Entry[]>();
  /** The first of the others, by the client's name. */
  readonly #byClientName = new Map<string, Entry>();

  constructor(config: LimitsConfig) {
    this.#config = config;
    this.areEqual = config.clients.length === 0;
    for (const [place, entry] of config.clients.entries()) {
      const { principal, clientName } = entry;
      const placed = { config: entry, place };
      if (principal !== undefined)
        this.#byPrincipal.set(principal, [...(this.#byPrincipal.get(principal) ?? []), placed]);
      else if (clientName !== undefined && !this.#byClientName.has(clientName))
        this.#byClientName.set(clientName, placed);
    }
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

  #entryOf(client: LimitedClient): Entry['config'] | undefined {
    if (this.areEqual) return undefined;
    const name = clientNameOf(client);
    const ofName = name === undefined ? undefined : this.#byClientName.get(name);
    const { kind, id } = client.principal;
    // An anonymous caller has no id of its own, whatever `access.anonymous` calls it.
    const ofPrincipal = kind === 'anonymous' ? undefined : this.#byPrincipal.get(id);
    const first = ofPrincipal?.find(({ config: { clientName } }) => clientName === undefined || clientName === name);
    if (first === undefined || ofName === undefined) return (first ?? ofName)?.config;
    return first.place < ofName.place ? first.config : ofName.config;
  }
}
