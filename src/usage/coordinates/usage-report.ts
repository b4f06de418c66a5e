/** What people read of usage: by coordinate, operation and client, what is unused, and who still uses what is deprecated. */
import type { GraphQLSchema } from 'graphql';
import { isoTime } from '../../lib/index.ts';
import {
  type ClientTotal,
  type CoordinateTotal,
  coordinateTotals,
  type OperationTotal,
  operationTotals,
  type Usage,
} from '../index.ts';
import { type Deprecation, deprecatedCoordinates } from './deprecated-coordinates.ts';
import { type UnusedCoordinate, unusedCoordinates } from './unused-coordinates.ts';

export interface CoordinateUse extends Omit<CoordinateTotal, 'lastUsed'> {
  readonly coordinate: string;
  /** The hour or day, in ISO 8601; undefined where it was not used. */
  readonly lastUsed: string | undefined;
}

export interface OperationUse extends Omit<OperationTotal, 'lastUsed'> {
  readonly lastUsed: string;
}

export interface ClientUse extends ClientTotal {
  readonly errors: number;
  /** The number of different operations. */
  readonly operations: number;
}

export type DeprecatedUse = Deprecation & CoordinateUse;

/** Of each coordinate and operation; their number is that of all. */
const maxClients = 20;

export class UsageReport {
  readonly #usage: Usage;

  /** @param client only its requests @default all */
  constructor(usage: Usage, client?: string) {
    this.#usage = client === undefined ? usage : usage.filter((group) => group.client === client);
  }

  get requests(): number {
    return this.#usage.reduce((sum, { count }) => sum + count, 0);
  }

  /** Those with most requests first. @param of a type, or a field with its arguments @default all */
  coordinates(of?: string): readonly CoordinateUse[] {
    const isOf = (name: string): boolean => of === undefined || name === of || name.startsWith(`${of}.`);
    const uses = [...coordinateTotals(this.#usage, isOf)].map(([coordinate, total]) => useOf(coordinate, total));
    return uses.sort((a, b) => b.requests - a.requests || (a.coordinate < b.coordinate ? -1 : 1));
  }

  /** Those with most requests first. */
  operations(): readonly OperationUse[] {
    return operationTotals(this.#usage).map(({ clients, lastUsed, ...total }) => ({
      ...total,
      clients: clients.slice(0, maxClients),
      lastUsed: isoTime(lastUsed),
    }));
  }

  /** Those with most requests first. */
  clients(): readonly ClientUse[] {
    const uses = new Map<
      string,
      { requests: number; errors: number; readonly names: ClientTotal; signatures: Set<string> }
    >();
    for (const { operation, client, clientVersion, count, errors } of this.#usage) {
      const key = JSON.stringify([client, clientVersion]);
      const names = { name: client, version: clientVersion, requests: 0 };
      const use = uses.get(key) ?? { requests: 0, errors: 0, names, signatures: new Set() };
      uses.set(key, use);
      use.requests += count;
      use.errors += errors;
      use.signatures.add(operation?.signature ?? '');
    }
    return [...uses.values()]
      .map(({ names, requests, errors, signatures }) => ({ ...names, requests, errors, operations: signatures.size }))
      .sort((a, b) => b.requests - a.requests);
  }

  unused(schema: GraphQLSchema): readonly UnusedCoordinate[] {
    const totals = coordinateTotals(this.#usage);
    return unusedCoordinates(schema, (coordinate) => totals.has(coordinate));
  }

  /** All that is deprecated: what ends first before the rest, unused or not. */
  deprecated(schema: GraphQLSchema): readonly DeprecatedUse[] {
    const deprecations = deprecatedCoordinates(schema);
    const totals = coordinateTotals(this.#usage, (coordinate) => deprecations.has(coordinate));
    const uses = [...deprecations.values()].map((deprecation) => {
      const { coordinate } = deprecation;
      return { ...useOf(coordinate, totals.get(coordinate)), ...deprecation };
    });
    const endOf = ({ sunset = '9999' }: Deprecation): string => sunset;
    return uses.sort((a, b) => (endOf(a) < endOf(b) ? -1 : endOf(a) > endOf(b) ? 1 : b.requests - a.requests));
  }
}

function useOf(coordinate: string, total: CoordinateTotal | undefined): CoordinateUse {
  if (total === undefined) return { coordinate, requests: 0, operations: 0, clients: [], lastUsed: undefined };
  const { clients, lastUsed, ...rest } = total;
  return { coordinate, ...rest, clients: clients.slice(0, maxClients), lastUsed: isoTime(lastUsed) };
}
