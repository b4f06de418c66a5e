/** Records as rows, and the rows' columns, once: tables, statements and conversions are made from these lists. */
import {
  type OperationRecord,
  type RecordDetails,
  type RecordSum,
  timeOfId,
} from '../../observability/records/index.ts';
import type { RecordNames } from './record-names.ts';

export type Cell = string | number | null;
export type Row = readonly Cell[];
export type RowOf<Columns extends Readonly<Record<string, string>>> = Readonly<Record<keyof Columns, Cell>>;

/** Lists are texts such as ` a b `. `client`, `tenant` and `principal` are hashes; `names` and `texts` are encrypted. */
export const recordColumns = {
  id: 'text primary key',
  request_id: 'text not null',
  trace_id: 'text',
  door: 'text not null',
  kind: 'text',
  operation: 'text',
  signature: 'text',
  client: 'text',
  tenant: 'text',
  principal: 'text',
  status: 'bigint not null',
  errors: 'bigint not null',
  duration_us: 'bigint not null',
  waited_us: 'bigint not null',
  codes: 'text',
  fields: 'text',
  models: 'text',
  nano_usd: 'bigint not null',
  input_tokens: 'bigint not null',
  output_tokens: 'bigint not null',
  weight: 'bigint not null',
  bytes: 'bigint not null',
  names: 'text not null',
  details: 'text not null',
  texts: 'text',
} as const;

/** What of each hour a writer has summed: it alone replaces its rows, so that several add up and none counts twice. */
export const sumColumns = {
  hour: 'bigint not null',
  writer: 'text not null',
  number: 'bigint not null',
  kind: 'text not null',
  operation: 'text',
  client: 'text',
  tenant: 'text',
  field: 'text',
  model: 'text',
  count: 'bigint not null',
  errors: 'bigint not null',
  nano_usd: 'bigint not null',
  input_tokens: 'bigint not null',
  output_tokens: 'bigint not null',
  durations: 'text not null',
  names: 'text not null',
} as const;

/** What a row takes beside its long texts, its place in the index included; and pages are not full. Measured: never less than it takes. */
const rowOverhead = 370;
const fill = 1.15;

interface Names {
  readonly principal?: string | undefined;
  readonly principalKind?: string | undefined;
  readonly tenant?: string | undefined;
  readonly client?: string | undefined;
  readonly clientVersion?: string | undefined;
}

/** In the order of `recordColumns`. */
export function toRecordRow(record: OperationRecord, names: RecordNames): Row {
  const { principal, principalKind, tenant, client, clientVersion, document, variables } = record;
  const sealed = names.sealNames(JSON.stringify({ principal, principalKind, tenant, client, clientVersion }));
  const texts =
    document === undefined && variables === undefined ? null : names.sealTexts(JSON.stringify({ document, variables }));
  const details = JSON.stringify(record.details);
  const bytes = rowOverhead + Math.ceil((sealed.length + details.length + (texts?.length ?? 0)) * fill);
  return [
    record.id,
    record.requestId,
    record.traceId ?? null,
    record.door,
    record.kind ?? null,
    record.operation ?? null,
    record.signature ?? null,
    client === undefined ? null : names.hashOf('client', client),
    tenant === undefined ? null : names.hashOf('tenant', tenant),
    principal === undefined ? null : names.hashOf('principal', principal),
    record.status,
    record.errors,
    Math.round(record.durationMs * 1_000),
    Math.round(record.waitedMs * 1_000),
    toList(record.codes),
    toList(record.fields),
    toList(record.models),
    record.nanoUsd,
    record.inputTokens,
    record.outputTokens,
    record.weight,
    bytes,
    sealed,
    details,
    texts,
  ];
}

export function toRecord(row: RowOf<typeof recordColumns>, names: RecordNames): OperationRecord {
  const who = JSON.parse(names.openNames(String(row.names))) as Names;
  const texts = (row.texts === null ? {} : JSON.parse(names.openTexts(String(row.texts)))) as {
    readonly document?: string;
    readonly variables?: string;
  };
  const id = String(row.id);
  return {
    id,
    at: timeOfId(id),
    requestId: String(row.request_id),
    traceId: text(row.trace_id),
    door: String(row.door) as OperationRecord['door'],
    kind: text(row.kind) as OperationRecord['kind'],
    operation: text(row.operation),
    signature: text(row.signature),
    client: who.client,
    clientVersion: who.clientVersion,
    principal: who.principal,
    principalKind: who.principalKind,
    tenant: who.tenant,
    status: Number(row.status),
    errors: Number(row.errors),
    codes: fromList(row.codes),
    durationMs: Number(row.duration_us) / 1_000,
    waitedMs: Number(row.waited_us) / 1_000,
    nanoUsd: Number(row.nano_usd),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    weight: Number(row.weight),
    fields: fromList(row.fields),
    models: fromList(row.models),
    details: JSON.parse(String(row.details)) as RecordDetails,
    document: texts.document,
    variables: texts.variables,
  };
}

/** The sums of a writer in one hour. */
export interface WrittenSum extends RecordSum {
  /** When it begins. */
  readonly hour: number;
  readonly writer: string;
  /** Of this group among those of the writer and the hour. */
  readonly number: number;
}

/** In the order of `sumColumns`. */
export function toSumRow(sum: WrittenSum, names: RecordNames, durations: string): Row {
  const { client, tenant } = sum;
  return [
    sum.hour,
    sum.writer,
    sum.number,
    sum.kind,
    sum.operation ?? null,
    client === undefined ? null : names.hashOf('client', client),
    tenant === undefined ? null : names.hashOf('tenant', tenant),
    sum.field ?? null,
    sum.model ?? null,
    sum.count,
    sum.errors,
    sum.nanoUsd,
    sum.inputTokens,
    sum.outputTokens,
    durations,
    names.sealNames(JSON.stringify({ client, tenant })),
  ];
}

export function sumNamesOf(sealed: string, names: RecordNames): Pick<Names, 'client' | 'tenant'> {
  return JSON.parse(names.openNames(sealed)) as Names;
}

/** A list as it is searched: names have no spaces. */
export const inList = (name: string): string => ` ${name} `;

function toList(names: readonly string[]): string | null {
  return names.length === 0 ? null : ` ${names.join(' ')} `;
}

function fromList(list: Cell): readonly string[] {
  return list === null ? [] : String(list).trim().split(' ');
}

const text = (cell: Cell): string | undefined => (cell === null ? undefined : String(cell));
