/** Rows of the ledger as columns, and the sums of an hour. */
import { hash } from 'node:crypto';
import { hourMs } from '../lib/index.ts';
import { type LedgerDimension, type LedgerRow, ledgerDimensions } from '../observability/index.ts';
import type { LedgerNames } from './ledger-names.ts';
import { namedDimensions } from './ledger-sums.ts';
import type { LedgerColumns, LedgerHourColumns } from './tables.ts';

/** @param found is given the names of the row, by hash */
export function toColumns(row: LedgerRow, names: LedgerNames, found: Map<string, string>): LedgerColumns {
  const nameId = (dimension: 'principal' | 'tenant' | 'team' | 'client', value: string): string => {
    const id = names.hashOf(dimension, value);
    found.set(id, value);
    return id;
  };
  return {
    id: row.id,
    at: row.at,
    principal: nameId('principal', row.principal),
    kind: row.kind,
    tenant: nameId('tenant', row.tenant),
    team: row.team === undefined ? null : nameId('team', row.team),
    client: row.client === undefined ? null : nameId('client', row.client),
    door: row.door,
    operation: row.operation ?? null,
    field: row.field ?? null,
    prompt: row.prompt ?? null,
    alias: row.alias,
    model: row.model,
    traffic: row.traffic,
    usage_source: row.usageSource ?? null,
    price_source: row.priceSource ?? null,
    price_version: row.priceVersion ?? null,
    price_date: row.priceDate ?? null,
    cached: row.cached ?? null,
    outcome: row.outcome,
    request_id: row.requestId ?? null,
    reserved: row.reserved,
    settled: row.settled,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    tokens: row.tokens,
    calls: row.calls,
  };
}

/** @param names what the hashes of the row stand for */
export function toRow(columns: LedgerColumns, names: ReadonlyMap<string, string>): LedgerRow {
  const name = (id: string): string => names.get(id) ?? '';
  return {
    id: columns.id,
    at: columns.at,
    principal: name(columns.principal),
    kind: columns.kind,
    tenant: name(columns.tenant),
    team: columns.team === null ? undefined : name(columns.team),
    client: columns.client === null ? undefined : name(columns.client),
    door: columns.door,
    operation: columns.operation ?? undefined,
    field: columns.field ?? undefined,
    prompt: columns.prompt ?? undefined,
    alias: columns.alias,
    model: columns.model,
    traffic: columns.traffic as LedgerRow['traffic'],
    inputTokens: columns.input_tokens,
    outputTokens: columns.output_tokens,
    usageSource: (columns.usage_source as LedgerRow['usageSource']) ?? undefined,
    priceSource: columns.price_source ?? undefined,
    priceVersion: columns.price_version ?? undefined,
    priceDate: columns.price_date ?? undefined,
    cached: columns.cached ?? undefined,
    reserved: columns.reserved,
    settled: columns.settled,
    tokens: columns.tokens,
    calls: columns.calls,
    outcome: columns.outcome,
    requestId: columns.request_id ?? undefined,
  };
}

/** The columns of people's names. */
export function namesOf(columns: Partial<Record<LedgerDimension, string | null>>): readonly string[] {
  return [...namedDimensions].flatMap((dimension) => columns[dimension] ?? []);
}

/** What tells the sums of an hour apart. */
export function dimensionsDigest(row: Pick<LedgerColumns, LedgerDimension>): string {
  const values = ledgerDimensions.map((dimension) => row[dimension]);
  return hash('sha256', JSON.stringify(values), 'base64url').slice(0, 22);
}

/** What rows add to the sums of their hours, in one order for every process. */
export function toHours(rows: readonly LedgerColumns[]): readonly LedgerHourColumns[] {
  const hours = new Map<string, LedgerHourColumns>();
  for (const row of rows) {
    const hour = Math.floor(row.at / hourMs) * hourMs;
    const dimensions = dimensionsDigest(row);
    const key = `${hour} ${dimensions}`;
    const sum = hours.get(key);
    hours.set(key, {
      ...(Object.fromEntries(ledgerDimensions.map((dimension) => [dimension, row[dimension]])) as Pick<
        LedgerColumns,
        LedgerDimension
      >),
      hour,
      dimensions,
      entries: (sum?.entries ?? 0) + 1,
      cached_entries: (sum?.cached_entries ?? 0) + (row.cached === null ? 0 : 1),
      reserved: (sum?.reserved ?? 0) + row.reserved,
      settled: (sum?.settled ?? 0) + row.settled,
      input_tokens: (sum?.input_tokens ?? 0) + row.input_tokens,
      output_tokens: (sum?.output_tokens ?? 0) + row.output_tokens,
      tokens: (sum?.tokens ?? 0) + row.tokens,
      calls: (sum?.calls ?? 0) + row.calls,
    });
  }
  return [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}
