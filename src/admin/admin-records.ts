/** The admin graph's records: operations that are recorded, page by page, and the sums of hours. */
import { parseDuration } from '../config/index.ts';
import { formatUsd, isoTime, stepMs } from '../lib/index.ts';
import {
  type OperationRecord,
  quantile,
  type RecordedCall,
  type RecordedFetch,
  type SumDimension,
  sumDimensions,
} from '../observability/records/index.ts';
import type { RecordReader } from '../records/index.ts';
import type { RecordFilter, RecordGroup } from '../store/records/index.ts';
import { momentOf } from './moment-of.ts';
import { refusal } from './refusal.ts';

export const recordsTypeDefs = /* GraphQL */ `
  extend type Query {
    "Operations that are recorded, the newest first."
    records(filter: RecordFilter! = {}, first: Int! = 50, after: String): RecordPage!
    "Sums of whole hours, over all operations, kept or not. By field or model: of AI fields, or of model calls."
    recordAggregates(
      by: [RecordDimension!]! = []
      "Sums of each; default: of the whole time."
      every: CostStep
      "Moments are durations ago, such as 7d, or of ISO 8601."
      from: String! = "24h"
      "Default: now."
      to: String
      "Only what has these names."
      where: RecordNames! = {}
    ): [RecordAggregate!]!
  }

  enum RecordDimension { ${sumDimensions.map(toEnum).join(' ')} }

  input RecordNames { operation: String client: String tenant: String field: String model: String }

  input RecordFilter {
    operation: String
    "An error code."
    code: String
    client: String
    tenant: String
    "A caller, by the principal's id."
    user: String
    "A model or an alias that answered."
    model: String
    "An AI field, such as Product.summary."
    field: String
    door: String
    trace: String
    request: String
    "What took as long at least, such as 500ms."
    slower: String
    "What has errors."
    failed: Boolean
    since: String! = "1h"
    until: String
  }

  type RecordPage {
    nodes: [OperationRecord!]!
    pageInfo: RecordPageInfo!
  }

  type RecordPageInfo {
    hasNextPage: Boolean!
    "For the argument after."
    endCursor: String
  }

  "Times are milliseconds; at is when it ended, in ISO 8601. Dollars are exact decimals."
  type OperationRecord {
    id: ID!
    at: String!
    request: String!
    trace: String
    door: String!
    kind: String
    operation: String
    signature: String
    client: String
    clientVersion: String
    user: String
    tenant: String
    generation: String
    "What the caller may read, and its contract."
    outcome: String
    contract: String
    status: Int!
    errors: Int!
    codes: [String!]!
    source: String!
    durationMs: Float!
    "Of it, waited for subgraphs and models."
    waitedMs: Float!
    usd: String!
    inputTokens: Float!
    outputTokens: Float!
    costEstimated: Float
    costActual: Float
    "How many operations it stands for."
    weight: Int!
    fields: [String!]!
    models: [String!]!
    fetches: [RecordedFetch!]!
    calls: [RecordedCall!]!
    "Where they are kept."
    document: String
    variables: JSON
    "All of it, as it is stored: what isthmus log reads."
    whole: JSON!
  }

  "at is after the beginning of the operation."
  type RecordedFetch {
    at: Float!
    ms: Float!
    subgraph: String!
    kind: String!
    outcome: String!
    entities: Int!
    cached: Int!
    stale: Int!
    isShared: Boolean!
    attempts: [RecordedAttempt!]!
  }

  type RecordedAttempt { at: Float! ms: Float! outcome: String! status: Int }

  type RecordedCall {
    at: Float!
    ms: Float!
    field: String
    alias: String!
    model: String
    prompt: String
    finish: String!
    inputTokens: Int!
    outputTokens: Int!
    usd: String!
    cache: String
    firstTokenMs: Float
  }

  "Percentiles are at most 2 % off."
  type RecordAggregate {
    "When the hour or day begins."
    at: String
    operation: String
    client: String
    tenant: String
    field: String
    model: String
    count: Float!
    errors: Float!
    p50Ms: Float!
    p95Ms: Float!
    p99Ms: Float!
    usd: String!
    inputTokens: Float!
    outputTokens: Float!
  }
`;

interface FilterInput {
  readonly operation?: string | null;
  readonly code?: string | null;
  readonly client?: string | null;
  readonly tenant?: string | null;
  readonly user?: string | null;
  readonly model?: string | null;
  readonly field?: string | null;
  readonly door?: string | null;
  readonly trace?: string | null;
  readonly request?: string | null;
  readonly slower?: string | null;
  readonly failed?: boolean | null;
  readonly since: string;
  readonly until?: string | null;
}

interface PageArguments {
  readonly filter: FilterInput;
  readonly first: number;
  readonly after?: string | null;
}

interface AggregatesArguments {
  readonly by: readonly string[];
  readonly every?: 'HOUR' | 'DAY' | null;
  readonly from: string;
  readonly to?: string | null;
  readonly where: Readonly<Partial<Record<SumDimension, string | null>>>;
}

const maxFirst = 500;
const maxGroups = 10_000;

/** @param reader undefined: nothing is recorded */
export function recordsResolvers(reader: RecordReader | undefined) {
  const recorded = (): RecordReader => {
    if (reader !== undefined) return reader;
    throw refusal('BAD_USER_INPUT', 'This gateway records no operations: telemetry.records is off.');
  };
  return {
    async records(_: unknown, { filter, first, after }: PageArguments) {
      if (first < 1 || first > maxFirst) throw refusal('BAD_USER_INPUT', `first is from 1 to ${maxFirst}`);
      const request = { filter: toFilter(filter), after: after ?? undefined, limit: first };
      const { records, hasMore } = await recorded().search(request);
      const pageInfo = { hasNextPage: hasMore, endCursor: records.at(-1)?.id ?? null };
      return { nodes: records.map(toGraph), pageInfo };
    },
    async recordAggregates(_: unknown, { by, every, from, to, where }: AggregatesArguments) {
      const now = Date.now();
      const groups = await recorded().sums({
        from: momentOf('from', from, now),
        to: to === null || to === undefined ? now : momentOf('to', to, now),
        by: by.map((name) => name.toLowerCase() as SumDimension),
        where: withoutNulls(where),
        everyMs: every === 'HOUR' ? stepMs.hour : every === 'DAY' ? stepMs.day : undefined,
        maxGroups,
      });
      if (groups.length > maxGroups)
        throw refusal('BAD_USER_INPUT', `these are more than ${maxGroups} groups: ask for a shorter time, or by less`);
      return groups.map((group) => toAggregate(group, every));
    },
  };
}

function toFilter({ since, until, slower, user, trace, request, ...names }: FilterInput): RecordFilter {
  const now = Date.now();
  const minMs = slower === null || slower === undefined ? undefined : parseDuration(slower);
  if (typeof slower === 'string' && minMs === undefined)
    throw refusal('BAD_USER_INPUT', 'slower: write a duration such as 500ms');
  return {
    ...withoutNulls({ ...names, principal: user, traceId: trace?.toLowerCase(), requestId: request, minMs }),
    from: momentOf('since', since, now),
    to: until === null || until === undefined ? now + 1 : momentOf('until', until, now),
  };
}

function withoutNulls<T extends object>(input: T): { [Key in keyof T]?: Exclude<T[Key], null | undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], null | undefined> };
}

function toGraph({ details, ...record }: OperationRecord) {
  const { requestId, traceId, principal, nanoUsd, variables } = record;
  const { fetches = [], calls = [], source = 'made' } = details;
  return {
    ...details,
    ...record,
    at: isoTime(record.at),
    request: requestId,
    trace: traceId,
    user: principal,
    usd: formatUsd(BigInt(nanoUsd)),
    source,
    fetches: fetches.map(toFetch),
    calls: calls.map(toCall),
    variables: variables === undefined ? null : (JSON.parse(variables) as unknown),
    whole: { ...record, details },
  };
}

function toFetch({ entities = 0, hits = 0, stale = 0, shared, attempts = [], ...fetch }: RecordedFetch) {
  return { ...fetch, entities, cached: hits, stale, isShared: shared === true, attempts };
}

function toCall({ inputTokens = 0, outputTokens = 0, usd = '0', ...call }: RecordedCall) {
  return { ...call, inputTokens, outputTokens, usd };
}

function toAggregate({ at, of, durations, nanoUsd, ...sums }: RecordGroup, every: AggregatesArguments['every']) {
  return {
    at: every === null || every === undefined ? null : isoTime(at),
    ...Object.fromEntries(of),
    ...sums,
    p50Ms: quantile(durations, 0.5),
    p95Ms: quantile(durations, 0.95),
    p99Ms: quantile(durations, 0.99),
    usd: formatUsd(nanoUsd),
  };
}

function toEnum(dimension: SumDimension): string {
  return dimension.toUpperCase();
}
