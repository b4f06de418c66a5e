/** What one request adds to the ledger. */
import { onDemand } from '../../lib/index.ts';
import type { LedgerPayer, SegmentRow, SegmentWriter } from '../ledger/index.ts';
import type { CacheOutcome, ChargeBound, ChargeUse, PaidCall } from '../model-call/index.ts';
import type { Payer } from './payer.ts';

export class LedgerEntries {
  readonly #payer: () => Payer;
  readonly #ledger: SegmentWriter;
  #sealed: string | undefined;

  constructor(payer: () => Payer, ledger: SegmentWriter) {
    this.#payer = onDemand(payer);
    this.#ledger = ledger;
  }

  /** As the request is sent. @returns settles it */
  charge(bound: ChargeBound, traffic: SegmentRow['traffic']): (use: ChargeUse) => void {
    const { nanoUsd, tokens } = bound;
    const reserved = Number(nanoUsd);
    const isCounted = reserved > 0;
    const row = this.#row(bound, traffic);
    const id = this.#ledger.charged({
      ...row,
      reserved,
      settled: reserved,
      tokens: isCounted ? tokens : 0,
      calls: isCounted ? 1 : 0,
      outcome: 'lost',
    });
    return (use) => this.#ledger.settled(id, settledRow(row, reserved, use));
  }

  /** A request that was never sent. */
  recordUnsent(bound: ChargeBound, traffic: SegmentRow['traffic'], use: ChargeUse): void {
    this.#ledger.settled(undefined, settledRow(this.#row(bound, traffic), Number(bound.nanoUsd), use));
  }

  recordCached(call: PaidCall, cached: CacheOutcome): void {
    this.#ledger.settled(undefined, { ...this.#row(call, 'live'), cached, outcome: 'ok' });
  }

  #row({ alias, prompt, field, model, requestId }: PaidCall, traffic: SegmentRow['traffic']): SegmentRow {
    const { door, operation } = this.#payer();
    this.#sealed ??= this.#ledger.seal(toLedger(this.#payer()));
    return {
      at: Date.now(),
      payer: this.#sealed,
      door,
      operation,
      field,
      prompt,
      alias,
      model,
      traffic,
      inputTokens: 0,
      outputTokens: 0,
      usageSource: undefined,
      priceSource: undefined,
      priceVersion: undefined,
      priceDate: undefined,
      cached: undefined,
      reserved: 0,
      settled: 0,
      tokens: 0,
      calls: 0,
      outcome: '',
      requestId,
    };
  }
}

function settledRow(row: SegmentRow, reserved: number, use: ChargeUse): SegmentRow {
  const { usage, price } = use;
  return {
    ...row,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    usageSource: usage?.source,
    priceSource: price?.source,
    priceVersion: price?.version,
    priceDate: price?.date,
    reserved,
    settled: Number(use.nanoUsd),
    tokens: reserved > 0 ? use.tokens : 0,
    calls: reserved > 0 && use.isSent ? 1 : 0,
    outcome: use.outcome,
  };
}

function toLedger({ id, kind, tenant, team, client }: Payer): LedgerPayer {
  return { principal: id, kind, tenant, team, client };
}
