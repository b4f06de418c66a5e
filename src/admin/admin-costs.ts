/** The admin graph's costs: what models have cost, and the rows of the ledger. */
import { type Costs, readCosts } from '../ai/ledger/index.ts';
import { formatUsd, isoTime } from '../lib/index.ts';
import { type LedgerDimension, type LedgerRow, ledgerDimensions } from '../observability/index.ts';
import type { LedgerSums, Store } from '../store/index.ts';
import { cursorOf, readCursor } from './ledger-cursor.ts';
import { momentOf } from './moment-of.ts';
import { refusal } from './refusal.ts';

export const costsTypeDefs = /* GraphQL */ `
  extend type Query {
    "What models have cost, from the ledger. Moments are durations ago, such as 7d, or of ISO 8601."
    costs(
      by: [CostDimension!]! = []
      since: String! = "7d"
      "Default: now."
      until: String
      "Sums of each hour or day, in UTC; default: of the whole time."
      per: CostStep
      "Only rows with these values."
      where: [CostCondition!]! = []
    ): Costs!
    "Rows of the ledger, the earliest first."
    calls(
      since: String! = "1h"
      until: String
      where: [CostCondition!]! = []
      limit: Int! = 100
      "The cursor of the last row of the page before."
      after: String
    ): [LedgerRow!]!
  }

  enum CostDimension { ${ledgerDimensions.map(toEnum).join(' ')} }
  enum CostStep { HOUR DAY }

  input CostCondition { dimension: CostDimension! value: String! }

  type Costs {
    since: String!
    until: String!
    total: CostSums!
    "The dearest first; of steps, the earliest first."
    groups: [CostGroup!]!
  }

  type CostGroup {
    "When the hour or day begins."
    at: String
    of: [CostValue!]!
    sums: CostSums!
  }

  "Null: rows that have none."
  type CostValue { dimension: CostDimension! value: String }

  "Dollars are exact decimals."
  type CostSums {
    rows: Float!
    cached: Float!
    inputTokens: Float!
    outputTokens: Float!
    usd: String!
    reservedUsd: String!
  }

  type LedgerRow {
    id: ID!
    at: String!
    principal: String!
    kind: String!
    tenant: String!
    team: String
    client: String
    door: String!
    operation: String
    field: String
    prompt: String
    alias: String!
    model: String!
    traffic: String!
    inputTokens: Float!
    outputTokens: Float!
    "reported by the provider, or estimated by the gateway."
    usageSource: String
    priceSource: String
    priceVersion: String
    priceDate: String
    "Which cache answered."
    cached: String
    reservedUsd: String!
    usd: String!
    outcome: String!
    requestId: String
    "For the argument after."
    cursor: String!
  }
`;

interface SpanArguments {
  readonly since: string;
  readonly until?: string | null;
  readonly where: readonly { readonly dimension: string; readonly value: string }[];
}

interface CostsArguments extends SpanArguments {
  readonly by: readonly string[];
  readonly per?: 'HOUR' | 'DAY' | null;
}

interface CallsArguments extends SpanArguments {
  readonly limit: number;
  readonly after?: string | null;
}

const maxRows = 1_000;

export function costsResolvers({ ledger }: Pick<Store, 'ledger'>) {
  return {
    async costs(_: unknown, { by, per, ...of }: CostsArguments) {
      const span = spanOf(of);
      const step = per === 'HOUR' ? 'hour' : per === 'DAY' ? 'day' : undefined;
      const costs = await readCosts(ledger, { ...span, by: by.map(fromEnum), per: step });
      return { since: isoTime(span.from), until: isoTime(span.to), ...toGraph(costs, step) };
    },
    async calls(_: unknown, { limit, after, ...of }: CallsArguments) {
      if (limit < 1 || limit > maxRows) throw refusal('BAD_USER_INPUT', `limit is from 1 to ${maxRows}`);
      const rows: unknown[] = [];
      for await (const row of ledger.rows(spanOf(of), after == null ? undefined : readCursor(after))) {
        rows.push(toRow(row));
        if (rows.length === limit) break;
      }
      return rows;
    },
  };
}

function spanOf({ since, until, where }: SpanArguments) {
  const now = Date.now();
  const conditions = where.map(({ dimension, value }) => [fromEnum(dimension), value] as const);
  return {
    from: momentOf('since', since, now),
    to: until === null || until === undefined ? now : momentOf('until', until, now),
    where: Object.fromEntries(conditions),
  };
}

function toGraph({ groups, total }: Costs, step: string | undefined) {
  return {
    total: toSums(total),
    groups: groups.map((group) => ({
      at: step === undefined ? null : isoTime(group.at),
      of: [...group.of].map(([dimension, value]) => ({ dimension: toEnum(dimension), value })),
      sums: toSums(group),
    })),
  };
}

function toSums({ rows, cached, inputTokens, outputTokens, settled, reserved }: LedgerSums) {
  const numbers = { rows, cached, inputTokens, outputTokens };
  return {
    ...Object.fromEntries(Object.entries(numbers).map(([name, amount]) => [name, Number(amount)])),
    usd: formatUsd(settled),
    reservedUsd: formatUsd(reserved),
  };
}

function toRow({ at, reserved, settled, ...row }: LedgerRow) {
  const dollars = { reservedUsd: formatUsd(BigInt(reserved)), usd: formatUsd(BigInt(settled)) };
  return { ...row, at: isoTime(at), ...dollars, cursor: cursorOf({ at, id: row.id }) };
}

function toEnum(dimension: LedgerDimension): string {
  return dimension.toUpperCase();
}

function fromEnum(name: string): LedgerDimension {
  return name.toLowerCase() as LedgerDimension;
}
