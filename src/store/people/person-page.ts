/** What is stored of a person, page by page: API keys, increases of budgets, model calls, then records. */
import { formatUsd } from '../../lib/index.ts';
import type { Store } from '../open-store.ts';

export interface PersonSources {
  readonly store: Pick<Store, 'apiKeys' | 'budgetRaises' | 'ledger'>;
  readonly records: PersonRecords;
}

interface PersonRecord {
  readonly id: string;
  readonly kind: string | undefined;
}

/** As the store of records has them. */
interface PersonRecords {
  search(request: {
    readonly filter: { readonly from: number; readonly to: number; readonly principal: string };
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<{ readonly records: readonly PersonRecord[]; readonly hasMore: boolean }>;
}

export interface PersonPageRequest {
  /** The principal's id. */
  readonly user: string;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  /** How many model calls or records at most. */
  readonly limit: number;
}

export interface PersonPage {
  readonly lines: readonly object[];
  /** Undefined: this was the last page. */
  readonly next: string | undefined;
}

/** Where records begin; those of after an id begin behind it. */
const recordsStart = 'records:';

/** @returns undefined where `after` is of no page */
export async function readPersonPage(
  { store, records }: PersonSources,
  { user, after, limit }: PersonPageRequest,
): Promise<PersonPage | undefined> {
  if (after?.startsWith(recordsStart)) return recordsPage(records, user, after.slice(recordsStart.length), limit);
  const [, at, id = ''] = /^calls:(\d{1,15}):(.+)$/.exec(after ?? '') ?? [];
  if (after !== undefined && at === undefined) return undefined;
  const lines: object[] = after === undefined ? await ownLines(store, user) : [];
  const span = { from: 0, to: Number.MAX_SAFE_INTEGER, where: { principal: user } };
  let calls = 0;
  for await (const row of store.ledger.rows(span, at === undefined ? undefined : { at: Number(at), id })) {
    const { settled, reserved: _, kind, ...rest } = row;
    lines.push({ kind: 'model_call', principalKind: kind, ...rest, usd: formatUsd(BigInt(settled)) });
    calls++;
    if (calls === limit) return { lines, next: `calls:${row.at}:${row.id}` };
  }
  return { lines, next: recordsStart };
}

async function ownLines({ apiKeys, budgetRaises }: PersonSources['store'], user: string): Promise<object[]> {
  const lines: object[] = [];
  for (const { hash: _, ...key } of await apiKeys.list())
    if (key.name === user || `key:${key.id}` === user) lines.push({ kind: 'api_key', ...key });
  const raises = (await budgetRaises.changedSince(undefined))?.raises ?? [];
  for (const raise of raises) if (raise.subject === user) lines.push({ kind: 'budget_raise', ...raise });
  return lines;
}

async function recordsPage(
  records: PersonRecords,
  principal: string,
  after: string,
  limit: number,
): Promise<PersonPage> {
  const filter = { from: 0, to: Date.now() + 1, principal };
  const page = await records.search({ filter, after: after === '' ? undefined : after, limit });
  const lines = page.records.map(({ kind, ...record }) => ({ kind: 'record', operationKind: kind, ...record }));
  return { lines, next: page.hasMore ? `${recordsStart}${page.records.at(-1)?.id}` : undefined };
}
