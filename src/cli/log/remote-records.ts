/** The records of a running gateway, through its admin graph. */
import { isoTime } from '../../lib/index.ts';
import type { OperationRecord, SumDimension } from '../../observability/records/index.ts';
import type { RecordFilter, RecordPage, RecordPageRequest, RecordSumsRequest } from '../../store/records/index.ts';
import { type AdminAddress, askAdminGraph } from '../frame/ask-admin.ts';
import type { HourRow } from './log-hours.ts';

const pageLength = 500;
/** Five hundred records with their documents. */
const maxAnswerBytes = 250_000_000;
/** The end of the year 9999: later moments are not written as ISO 8601 with four digits. */
const lastMoment = 253_402_300_799_999;

const recordsQuery = `query Records($filter: RecordFilter!, $first: Int!, $after: String) {
  records(filter: $filter, first: $first, after: $after) { nodes { whole } pageInfo { hasNextPage } }
}`;

/** @throws CliFailure */
export async function remoteSearch(
  address: AdminAddress,
  { filter, after, limit }: RecordPageRequest,
): Promise<RecordPage> {
  const records: OperationRecord[] = [];
  let last = after;
  for (;;) {
    const first = Math.min(pageLength, limit - records.length);
    const variables = { filter: toInput(filter), first, after: last };
    const answer = await askAdminGraph(address, recordsQuery, variables, { maxAnswerBytes });
    const { nodes, pageInfo } = answer.records as {
      readonly nodes: readonly { readonly whole: OperationRecord }[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    };
    records.push(...nodes.map(({ whole }) => whole));
    last = records.at(-1)?.id;
    if (!pageInfo.hasNextPage || records.length >= limit) return { records, hasMore: pageInfo.hasNextPage };
  }
}

function toInput({ from, to, principal, traceId, requestId, minMs, ...names }: RecordFilter) {
  return {
    ...names,
    since: isoTime(from),
    until: isoTime(Math.min(to, lastMoment)),
    user: principal,
    trace: traceId,
    request: requestId,
    slower: minMs === undefined ? undefined : `${minMs}ms`,
  };
}

const hoursQuery = `query Hours($by: [RecordDimension!]!, $every: CostStep, $from: String!, $to: String!, $where: RecordNames!) {
  recordAggregates(by: $by, every: $every, from: $from, to: $to, where: $where) {
    at operation client tenant field model count errors p50Ms p95Ms p99Ms usd inputTokens outputTokens
  }
}`;

export interface RemoteHoursRequest extends Pick<RecordSumsRequest, 'from' | 'to' | 'by' | 'where'> {
  /** @default the whole time */
  readonly per?: 'hour' | 'day' | undefined;
}

/** @throws CliFailure */
export async function remoteHours(
  address: AdminAddress,
  { from, to, by, where = {}, per }: RemoteHoursRequest,
): Promise<readonly HourRow[]> {
  const times = { every: per?.toUpperCase() ?? null, from: isoTime(from), to: isoTime(to) };
  const variables = { ...times, by: by.map((dimension) => dimension.toUpperCase()), where };
  const { recordAggregates } = await askAdminGraph(address, hoursQuery, variables, { maxAnswerBytes });
  type GraphHour = Omit<HourRow, 'at' | 'of'> & Readonly<Record<SumDimension | 'at', string | null>>;
  return (recordAggregates as readonly GraphHour[]).map(({ at, ...hour }) => ({
    ...hour,
    at: at === null ? 0 : Date.parse(at),
    of: new Map(by.map((dimension) => [dimension, hour[dimension] ?? undefined])),
  }));
}
