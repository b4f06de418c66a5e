/** What models have cost, from the ledger, to the nano-dollar: for `isthmus costs` and the admin graph alike. */
import { parseDuration } from '../../config/index.ts';
import { stepMs } from '../../lib/index.ts';
import type { LedgerDimension } from '../../observability/index.ts';
import type { LedgerGroup, LedgerSpan, LedgerSums, LedgerTable } from '../../store/index.ts';

export interface CostsRequest extends LedgerSpan {
  readonly by: readonly LedgerDimension[];
  /** Sums of each; undefined: of the whole span. Hours and days are those of UTC. */
  readonly per: 'hour' | 'day' | undefined;
}

export interface Costs {
  /** The dearest first; of steps, the earliest first and in each the dearest. */
  readonly groups: readonly LedgerGroup[];
  readonly total: LedgerSums;
}

export async function readCosts(ledger: Pick<LedgerTable, 'sums'>, { per, ...request }: CostsRequest): Promise<Costs> {
  const groups = await ledger.sums({ ...request, everyMs: per === undefined ? undefined : stepMs[per] });
  const sum = (amount: keyof LedgerSums): bigint => groups.reduce((total, group) => total + group[amount], 0n);
  return {
    groups: groups.toSorted((a, b) => a.at - b.at || compare(b.settled, a.settled) || compare(b.rows, a.rows)),
    total: {
      rows: sum('rows'),
      cached: sum('cached'),
      reserved: sum('reserved'),
      settled: sum('settled'),
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
      tokens: sum('tokens'),
      calls: sum('calls'),
    },
  };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `7d` ago, or a moment of ISO 8601. @returns milliseconds since 1970; undefined for anything else */
export function parseMoment(text: string, now: number): number | undefined {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return now - agoMs;
  const moment = /^\d{4}-\d\d(-\d\d)?/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : moment;
}
