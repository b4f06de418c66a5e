/** The ledger of a running gateway, through its admin graph. */
import type { Costs } from '../../ai/ledger/index.ts';
import { isoTime, parseUsd } from '../../lib/index.ts';
import { type LedgerDimension, ledgerDimensions } from '../../observability/index.ts';
import type { LedgerSpan, LedgerSums } from '../../store/index.ts';
import { type AdminAddress, askAdminGraph } from '../frame/ask-admin.ts';

/** What is printed of sums. */
type PrintedSums = Omit<LedgerSums, 'tokens' | 'calls'>;

/** What is printed of costs. */
export interface PrintedCosts {
  readonly groups: readonly (PrintedSums & Pick<Costs['groups'][number], 'at' | 'of'>)[];
  readonly total: PrintedSums;
}

/** A row of the ledger as text: moments of ISO 8601, dollars as exact decimals. */
export type PrintedRow = Readonly<Record<string, string | number | undefined>>;

interface GraphSums {
  readonly rows: number;
  readonly cached: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: string;
  readonly reservedUsd: string;
}

interface GraphCosts {
  readonly total: GraphSums;
  readonly groups: readonly {
    readonly at: string | null;
    readonly of: readonly { readonly dimension: string; readonly value: string | null }[];
    readonly sums: GraphSums;
  }[];
}

const maxAnswerBytes = 64_000_000;
const sums = 'rows cached inputTokens outputTokens usd reservedUsd';
const costsQuery = `query Costs($by: [CostDimension!]!, $since: String!, $until: String!, $per: CostStep, $where: [CostCondition!]!) {
  costs(by: $by, since: $since, until: $until, per: $per, where: $where) {
    total { ${sums} }
    groups { at of { dimension value } sums { ${sums} } }
  }
}`;

export interface RemoteCostsRequest extends LedgerSpan {
  readonly by: readonly LedgerDimension[];
  readonly per: 'hour' | 'day' | undefined;
}

/** @throws CliFailure */
export async function remoteCosts(
  address: AdminAddress,
  { by, per, ...span }: RemoteCostsRequest,
): Promise<PrintedCosts> {
  const variables = { ...variablesOf(span), by: by.map(toEnum), per: per?.toUpperCase() ?? null };
  const answer = await askAdminGraph(address, costsQuery, variables, { maxAnswerBytes });
  const { total, groups } = answer.costs as GraphCosts;
  return {
    total: toSums(total),
    groups: groups.map(({ at, of, sums: ofGroup }) => ({
      ...toSums(ofGroup),
      at: at === null ? span.from : Date.parse(at),
      of: new Map(
        of.map(({ dimension, value }) => [dimension.toLowerCase() as LedgerDimension, value ?? undefined] as const),
      ),
    })),
  };
}

const pageLength = 1_000;
const texts = 'inputTokens outputTokens usageSource priceSource priceVersion priceDate cached reservedUsd usd outcome';
const rowsQuery = `query Rows($since: String!, $until: String!, $where: [CostCondition!]!, $after: String) {
  calls(since: $since, until: $until, where: $where, limit: ${pageLength}, after: $after) {
    id at ${ledgerDimensions.join(' ')} ${texts} requestId cursor
  }
}`;

/** @throws CliFailure */
export async function* remoteRows(address: AdminAddress, span: LedgerSpan): AsyncGenerator<PrintedRow> {
  for (let after: string | undefined; ; ) {
    const variables = { ...variablesOf(span), after };
    const { calls } = await askAdminGraph(address, rowsQuery, variables, { maxAnswerBytes });
    const rows = calls as readonly Readonly<Record<string, string | number | null>>[];
    for (const { cursor: _, ...row } of rows)
      yield Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined]));
    if (rows.length < pageLength) return;
    after = String(rows.at(-1)?.cursor);
  }
}

function variablesOf({ from, to, where = {} }: LedgerSpan) {
  const conditions = Object.entries(where).map(([dimension, value]) => ({ dimension: toEnum(dimension), value }));
  return { since: isoTime(from), until: isoTime(to), where: conditions };
}

function toSums({ usd, reservedUsd, ...counts }: GraphSums): PrintedSums {
  const { rows, cached, inputTokens, outputTokens } = counts;
  return {
    rows: BigInt(rows),
    cached: BigInt(cached),
    inputTokens: BigInt(inputTokens),
    outputTokens: BigInt(outputTokens),
    settled: parseUsd(usd) ?? 0n,
    reserved: parseUsd(reservedUsd) ?? 0n,
  };
}

const toEnum = (dimension: string): string => dimension.toUpperCase();
