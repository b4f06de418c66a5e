/** Records as lines: of a table for a reader, of JSON for programs. */
import { formatUsd, isoTime } from '../../lib/index.ts';
import type { OperationRecord } from '../../observability/records/index.ts';
import { printable } from '../printable.ts';

const head = ['time', 'status', 'ms', 'waited', 'operation', 'client', 'tenant', 'usd', 'codes', 'for', 'request'];
/** So wide that most names fit: lines that follow do not know how wide the next ones are. */
const widths = [23, 6, 9, 9, 24, 12, 12, 10, 24, 4, 0];

export const headLine: string = lineOf(head);

export function recordLine(record: OperationRecord): string {
  const { kind, operation, weight, nanoUsd } = record;
  return lineOf([
    isoTime(record.at).slice(0, -1),
    String(record.status),
    milliseconds(record.durationMs),
    milliseconds(record.waitedMs),
    operation ?? `(${kind ?? record.door})`,
    record.client ?? '-',
    record.tenant ?? '-',
    nanoUsd === 0 ? '-' : formatUsd(BigInt(nanoUsd)),
    record.codes.length === 0 ? '-' : record.codes.join(' '),
    weight === 1 ? '' : `×${weight}`,
    record.requestId,
  ]);
}

function lineOf(cells: readonly string[]): string {
  const columns = cells.map((cell, index) => {
    const text = printable(cell);
    return index === 2 || index === 3 ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  });
  return `${columns.join('  ').trimEnd()}\n`;
}

/** As far as it is of interest. */
export function milliseconds(duration: number): string {
  return duration < 10 ? duration.toFixed(2) : duration < 100 ? duration.toFixed(1) : duration.toFixed(0);
}

/** What programs read of a record: one object, its moment in ISO 8601, dollars as an exact decimal. */
export function recordJson({ at, nanoUsd, details, variables, ...record }: OperationRecord): string {
  const { estimatedNanoUsd, ...rest } = details;
  const estimatedUsd = estimatedNanoUsd === undefined ? {} : { estimatedUsd: formatUsd(BigInt(estimatedNanoUsd)) };
  const variablesField = variables === undefined ? {} : { variables: JSON.parse(variables) as unknown };
  const usd = formatUsd(BigInt(nanoUsd));
  return `${JSON.stringify({ at: isoTime(at), ...record, usd, ...rest, ...estimatedUsd, ...variablesField })}\n`;
}
