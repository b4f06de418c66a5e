/** The sums of hours, added up: of several hours, and of several gateways that write to one database. */
import { sql } from 'kysely';
import { hourMs } from '../../lib/index.ts';
import {
  addBuckets,
  type DurationBuckets,
  parseBuckets,
  type SumDimension,
  type SummedKind,
} from '../../observability/records/index.ts';
import type { StoreDatabase } from '../tables.ts';
import { type RowOf, type sumColumns, sumNamesOf } from './record-columns.ts';
import type { RecordNames } from './record-names.ts';

export interface RecordSumsRequest {
  /** In milliseconds since 1970: hours that the span touches are summed whole. */
  readonly from: number;
  readonly to: number;
  readonly by: readonly SumDimension[];
  /** Only what has these names. */
  readonly where?: Readonly<Partial<Record<SumDimension, string>>>;
  /** Sums of steps of so many milliseconds each, whole hours; undefined: of the whole span. */
  readonly everyMs?: number | undefined;
  /** Reading ends where there are more groups: then there is one more than that, and none has its whole sum. */
  readonly maxGroups?: number;
}

export interface RecordGroup {
  /** When the step begins; without steps, the first hour. */
  readonly at: number;
  /** By dimension; undefined: what has none. */
  readonly of: ReadonlyMap<SumDimension, string | undefined>;
  readonly count: number;
  readonly errors: number;
  readonly nanoUsd: bigint;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durations: DurationBuckets;
}

type SumRow = RowOf<typeof sumColumns>;
type Adding = { -readonly [Key in keyof RecordGroup]: RecordGroup[Key] };

const rowsPerPage = 2_000;

/** In the order of time; the groups of a step in none. */
export async function readSums(
  db: StoreDatabase,
  names: RecordNames,
  { from, to, by, where = {}, everyMs, maxGroups = Number.POSITIVE_INFINITY }: RecordSumsRequest,
): Promise<readonly RecordGroup[]> {
  const firstHour = Math.floor(from / hourMs) * hourMs;
  const kind = kindOf([...by, ...(Object.keys(where) as SumDimension[])]);
  const conditions = Object.entries(where).map(([dimension, name]) => {
    const value = dimension === 'client' || dimension === 'tenant' ? names.hashOf(dimension, name) : name;
    return sql`and ${sql.ref(dimension)} = ${value}`;
  });
  const groups = new Map<string, Adding>();
  const called = new Map<string, string | undefined>();
  let last = { hour: firstHour, writer: '', number: -1 };
  for (;;) {
    const { rows } = await sql<SumRow>`select * from isthmus_record_sums
      where hour >= ${last.hour} and (hour > ${last.hour} or (writer, number) > (${last.writer}, cast(${last.number} as bigint)))
        and hour < ${to} and kind = ${kind} ${sql.join(conditions, sql` `)}
      order by hour, writer, number limit ${rowsPerPage}`.execute(db);
    for (const row of rows) {
      const hour = Number(row.hour);
      const at = everyMs === undefined ? firstHour : Math.floor(hour / everyMs) * everyMs;
      const values = by.map((dimension) => (row[dimension] === null ? undefined : String(row[dimension])));
      learn(row, by, called, names);
      const key = JSON.stringify([at, values.map((value) => value ?? null)]);
      let group = groups.get(key);
      if (group === undefined) {
        const of = new Map(by.map((dimension, index) => [dimension, nameOf(dimension, values[index], called)]));
        group = { at, of, count: 0, errors: 0, nanoUsd: 0n, inputTokens: 0, outputTokens: 0, durations: new Map() };
        groups.set(key, group);
        if (groups.size > maxGroups) return [...groups.values()];
      }
      add(group, row);
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < rowsPerPage) break;
    last = { hour: Number(end.hour), writer: String(end.writer), number: Number(end.number) };
  }
  return [...groups.values()].sort((a, b) => a.at - b.at);
}

/** Models are summed by their calls, which have a field; fields have operations and what those have. */
function kindOf(dimensions: readonly SumDimension[]): SummedKind {
  if (dimensions.includes('model')) return 'model';
  return dimensions.includes('field') ? 'field' : 'operation';
}

function add(group: Adding, row: SumRow): void {
  group.count += Number(row.count);
  group.errors += Number(row.errors);
  group.nanoUsd += BigInt(row.nano_usd ?? 0);
  group.inputTokens += Number(row.input_tokens);
  group.outputTokens += Number(row.output_tokens);
  addBuckets(group.durations, parseBuckets(String(row.durations)));
}

/** Opens the names of a row where its hashes are new. */
function learn(
  row: SumRow,
  by: readonly SumDimension[],
  called: Map<string, string | undefined>,
  names: RecordNames,
): void {
  for (const part of ['client', 'tenant'] as const) {
    const hash = row[part];
    if (hash === null || !by.includes(part) || called.has(String(hash))) continue;
    called.set(String(hash), sumNamesOf(String(row.names), names)[part]);
  }
}

function nameOf(
  dimension: SumDimension,
  value: string | undefined,
  called: ReadonlyMap<string, string | undefined>,
): string | undefined {
  return value !== undefined && (dimension === 'client' || dimension === 'tenant') ? called.get(value) : value;
}
