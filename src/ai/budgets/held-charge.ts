/**
 * A call that has room on its budgets: charged as its first byte is written, and corrected to what it used. Of one that is
 * never sent all room is given back. The ledger has a row of it from when it is sent.
 */
import type { Charge, ChargeBound, ChargeUse } from '../model-call/index.ts';
import type { LevelCharge } from './joint-budgets.ts';
import type { LedgerEntries } from './ledger-entries.ts';
import type { LevelAmount } from './planned-line.ts';
import type { Reservations, RoomPart, SentCharge } from './reservations.ts';

export interface HeldChargeOptions {
  readonly bound: ChargeBound;
  readonly traffic: 'live' | 'shadow';
  readonly reservations: Reservations;
  readonly entries: LedgerEntries | undefined;
  /** What it counts on each budget, all of which this gateway holds. */
  readonly counted: readonly LevelAmount[];
  /** What of it, and more than it, other gateways see held. */
  readonly parts: readonly RoomPart[];
  readonly onSettled: (use: ChargeUse) => void;
}

type State =
  | { readonly kind: 'held' }
  | { readonly kind: 'sent'; readonly charge: SentCharge; readonly settleEntry: ((use: ChargeUse) => void) | undefined }
  | { readonly kind: 'settled' };

const settled: State = { kind: 'settled' };

export class HeldCharge implements Charge {
  readonly #options: HeldChargeOptions;
  #state: State = { kind: 'held' };

  constructor(options: HeldChargeOptions) {
    this.#options = options;
  }

  commit(): void {
    if (this.#state.kind !== 'held') return;
    const { reservations, parts } = this.#options;
    reservations.check(parts);
    this.#send();
  }

  #send(): void {
    const { reservations, entries, bound, traffic, counted, parts } = this.#options;
    const charge = reservations.charge(counted, parts);
    this.#state = { kind: 'sent', charge, settleEntry: entries?.charge(bound, traffic) };
  }

  settle(use: ChargeUse): void {
    // Nobody said so when it was.
    if (use.isSent && this.#state.kind === 'held') this.#send();
    const state = this.#state;
    const { reservations, entries, bound, traffic, onSettled } = this.#options;
    if (state.kind === 'settled') return;
    if (state.kind === 'sent') {
      reservations.correct(state.charge, correctionsOf(state.charge, use));
      state.settleEntry?.(use);
    } else {
      this.giveBack();
      entries?.recordUnsent(bound, traffic, use);
    }
    this.#state = settled;
    onSettled(use);
  }

  /** It is not sent. */
  giveBack(): void {
    const { reservations, counted, parts } = this.#options;
    reservations.giveBack(counted, parts);
    this.#state = settled;
  }
}

function correctionsOf({ charged }: SentCharge, use: ChargeUse): readonly LevelCharge[] {
  const used = { usd: Number(use.nanoUsd), tokens: use.tokens, calls: use.isSent ? 1 : 0 };
  const corrections: LevelCharge[] = [];
  for (const { level, key, amount: counted } of charged) {
    const amount = used[level.budget.config.unit] - counted;
    if (amount !== 0) corrections.push({ level, key, amount });
  }
  return corrections;
}
