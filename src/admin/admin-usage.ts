/** The admin graph's usage: what operations use, who sends them, what nobody uses, and who uses what is deprecated. */
import type { GraphQLSchema } from 'graphql';
import { isoTime } from '../lib/index.ts';
import type { RecordReader } from '../records/index.ts';
import { UsageReport } from '../usage/coordinates/index.ts';
import { momentOf } from './moment-of.ts';
import { refusal } from './refusal.ts';

export const usageTypeDefs = /* GraphQL */ `
  extend type Query {
    "What operations used. Moments are durations ago, such as 7d, or of ISO 8601; hours count whole, and days after a week."
    usage(
      since: String! = "7d"
      "Default: now."
      until: String
      "Of this client alone."
      client: String
    ): Usage!
  }

  "Each request counts once for whatever it uses. Lists begin with most requests."
  type Usage {
    since: String!
    until: String!
    "All that were counted: where that is none, nothing is known."
    requests: Float!
    "Types, fields, arguments (Type.field.argument), input fields and enum values. Of a type, or of a field, alone: its name."
    coordinates(of: String, first: Int! = 100): [CoordinateUsage!]!
    operations(first: Int! = 100): [OperationUsage!]!
    clients(first: Int! = 100): [ClientUsage!]!
    "What is served and no operation used."
    unused(first: Int! = 1000): [UnusedCoordinate!]!
    "What is served and deprecated: what ends first before the rest."
    deprecated(first: Int! = 1000): [DeprecatedUsage!]!
  }

  type CoordinateUsage {
    coordinate: String!
    requests: Float!
    operations: Int!
    "The first 20."
    clients: [ClientRequests!]!
    "The hour or the day."
    lastUsed: String
  }

  "Null: all that have no sums of their own."
  type OperationUsage {
    signature: String
    kind: String
    operationName: String
    "Without values."
    document: String
    requests: Float!
    errors: Float!
    averageMs: Float!
    maxMs: Float!
    clients: [ClientRequests!]!
    lastUsed: String!
  }

  type ClientRequests { name: String version: String requests: Float! }

  type ClientUsage { name: String version: String requests: Float! errors: Float! operations: Int! }

  type UnusedCoordinate { coordinate: String! kind: String! }

  type DeprecatedUsage {
    coordinate: String!
    reason: String!
    since: String
    sunset: String
    requests: Float!
    operations: Int!
    clients: [ClientRequests!]!
    lastUsed: String
  }
`;

interface UsageArguments {
  readonly since: string;
  readonly until?: string | null;
  readonly client?: string | null;
}

interface ListArguments {
  readonly first: number;
}

const maxFirst = 10_000;

/**
 * @param reader undefined: nothing is recorded
 * @param apiSchema what is served
 */
export function usageResolvers(reader: RecordReader | undefined, apiSchema: () => Promise<GraphQLSchema>) {
  return {
    async usage(_: unknown, { since, until, client }: UsageArguments) {
      if (reader === undefined)
        throw refusal('BAD_USER_INPUT', 'This gateway counts no usage: telemetry.records is off.');
      const now = Date.now();
      const from = momentOf('since', since, now);
      const to = until === null || until === undefined ? now : momentOf('until', until, now);
      const report = new UsageReport(await reader.usage({ from, to }), client ?? undefined);
      return {
        since: isoTime(from),
        until: isoTime(to),
        requests: report.requests,
        coordinates: ({ of, first }: ListArguments & { readonly of?: string | null }) =>
          firstOf(report.coordinates(of ?? undefined), first),
        operations: ({ first }: ListArguments) => firstOf(report.operations(), first),
        clients: ({ first }: ListArguments) => firstOf(report.clients(), first),
        unused: async ({ first }: ListArguments) => firstOf(report.unused(await apiSchema()), first),
        deprecated: async ({ first }: ListArguments) => firstOf(report.deprecated(await apiSchema()), first),
      };
    },
  };
}

function firstOf<Item>(items: readonly Item[], first: number): readonly Item[] {
  if (first < 1 || first > maxFirst) throw refusal('BAD_USER_INPUT', `first is from 1 to ${maxFirst}`);
  return items.slice(0, first);
}
