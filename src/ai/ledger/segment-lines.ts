/**
 * The lines of a segment: a charge before its request is sent, and the whole row once it is settled.
 *
 *     c <id> <JSON>     charged: as it is settled if the gateway ends before it
 *     s <id> <JSON>     settled
 *
 * Who pays is one encrypted value, made once for a request.
 */
import type { TextCipher } from '../../lib/index.ts';
import type { LedgerRow } from '../../observability/index.ts';

export type LedgerPayer = Pick<LedgerRow, 'principal' | 'kind' | 'tenant' | 'team' | 'client'>;

/** A row as it stands in a segment. */
export type SegmentRow = Omit<LedgerRow, 'id' | keyof LedgerPayer> & {
  /** Of `sealPayer`. */
  readonly payer: string;
};

export type SegmentLine = { readonly kind: 'charged' | 'settled'; readonly id: string; readonly row: SegmentRow };

const payerPlace = 'ledger.payer';

export function sealPayer(payer: LedgerPayer, cipher: TextCipher): string {
  return cipher.encrypt(JSON.stringify(payer), payerPlace);
}

export function formatLine(kind: SegmentLine['kind'], id: string, row: SegmentRow): string {
  return `${kind === 'charged' ? 'c' : 's'} ${id} ${JSON.stringify(row)}\n`;
}

/** @returns undefined for what is no line: the machine may have stopped while it was written */
export function parseLine(line: string): SegmentLine | undefined {
  const [, kind, id, json] = /^([cs]) ([\w.-]+) (\{.*\})$/.exec(line) ?? [];
  if (id === undefined || json === undefined) return undefined;
  try {
    const row: unknown = JSON.parse(json);
    return isRow(row) ? { kind: kind === 'c' ? 'charged' : 'settled', id, row } : undefined;
  } catch {
    return undefined;
  }
}

const texts = ['payer', 'door', 'alias', 'model', 'traffic', 'outcome'] as const;
const numbers = ['at', 'inputTokens', 'outputTokens', 'reserved', 'settled', 'tokens', 'calls'] as const;

function isRow(value: unknown): value is SegmentRow {
  const row = value as Readonly<Record<string, unknown>>;
  return (
    texts.every((name) => typeof row[name] === 'string') && numbers.every((name) => Number.isSafeInteger(row[name]))
  );
}

/** @throws Error for a row that was written with another key */
export function toLedgerRow({ id, row: { payer, ...row } }: SegmentLine, cipher: TextCipher): LedgerRow {
  const { principal, kind, tenant, team, client } = JSON.parse(cipher.decrypt(payer, payerPlace)) as LedgerPayer;
  return { id, ...row, principal, kind, tenant, team, client };
}
