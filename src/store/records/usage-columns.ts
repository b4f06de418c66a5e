/** Usage as rows, and the rows' columns, once: tables, statements and conversions are made from these lists. */
import type { UsageOrigin, UsageSum, UsedOperation } from '../../usage/index.ts';
import type { Row } from './record-columns.ts';
import type { RecordNames } from './record-names.ts';

/**
 * What of each hour a writer has counted, of one operation of one client; `writer` is empty in what is added up to a day. `key`
 * is the hash of what is told apart, `names` is encrypted.
 */
export const usageColumns = {
  hour: 'bigint not null',
  writer: 'text not null',
  key: 'text not null',
  operation: 'text',
  count: 'bigint not null',
  errors: 'bigint not null',
  duration_us: 'bigint not null',
  max_us: 'bigint not null',
  names: 'text not null',
} as const;

/** Coordinates that are not of all documents of the operation. */
export const usageInputColumns = {
  hour: 'bigint not null',
  writer: 'text not null',
  key: 'text not null',
  coordinate: 'text not null',
  count: 'bigint not null',
} as const;

export const usedOperationColumns = {
  id: 'text primary key',
  signature: 'text not null',
  kind: 'text not null',
  name: 'text',
  document: 'text',
  coordinates: 'text not null',
} as const;

/** The sum of a writer in one hour. */
export interface WrittenUsage extends UsageSum {
  /** When it begins. */
  readonly hour: number;
  readonly writer: string;
  /** What was served, such as `shop@current`; undefined: it was counted before that was written. */
  readonly graph?: string | undefined;
}

export interface UsageRows {
  readonly usage: readonly Row[];
  readonly inputs: readonly Row[];
  readonly operations: readonly Row[];
}

/** In the orders of the columns. */
export function toUsageRows(sums: readonly WrittenUsage[], names: RecordNames): UsageRows {
  const operations = new Map<string, Row>();
  const usage: Row[] = [];
  const inputs: Row[] = [];
  for (const { hour, writer, graph, operation, client, clientVersion, ...sum } of sums) {
    const sealed = JSON.stringify({ client, clientVersion, graph });
    const key = names.hashOf('usage', `${operation?.id ?? ''} ${sealed}`);
    const durations = [Math.round(sum.durationMs * 1_000), Math.round(sum.maxMs * 1_000)];
    usage.push([
      hour,
      writer,
      key,
      operation?.id ?? null,
      sum.count,
      sum.errors,
      ...durations,
      names.sealNames(sealed),
    ]);
    for (const [coordinate, count] of sum.inputs) inputs.push([hour, writer, key, coordinate, count]);
    if (operation !== undefined) operations.set(operation.id, toOperationRow(operation));
  }
  return { usage, inputs, operations: [...operations.values()] };
}

function toOperationRow({ id, signature, kind, name, document, coordinates }: UsedOperation): Row {
  return [id, signature, kind, name ?? null, document ?? null, coordinates.join(' ')];
}

export function originOf(sealed: string, names: RecordNames): UsageOrigin {
  const { client, clientVersion, graph } = JSON.parse(names.openNames(sealed)) as Partial<UsageOrigin>;
  return { client, clientVersion, graph };
}
