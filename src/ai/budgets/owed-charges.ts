/** What Redis has not counted yet, because it did not answer; bounded: of what is owed beyond it nothing is known. */
import type { CounterWindow, LocalCounters, RedisCounters, RemoteChange } from '../../counters/index.ts';
import type { BudgetLevel } from './budget-level.ts';

export interface OwedAmount {
  readonly key: string;
  readonly level: BudgetLevel;
  readonly amount: number;
  /** What of it this gateway's threads have taken of their share. */
  readonly share: number;
  /** It is room that is given back to this lease; undefined: it is spent. */
  readonly lease?: string | undefined;
}

/** The counter of what a gateway's threads have taken of their share of a budget. */
export const shareKey = (key: string): string => `share ${key}`;

interface Owed {
  readonly key: string;
  readonly window: CounterWindow | undefined;
  readonly lease: string | undefined;
  amount: number;
  share: number;
}

const maxOwed = 50_000;
/** Counters that a step changes. */
const owedPerStep = 16;

export interface OwedChargesOptions {
  readonly counters: Pick<RedisCounters, 'add'>;
  readonly local: LocalCounters;
}

export class OwedCharges {
  readonly #options: OwedChargesOptions;
  readonly #owed = new Map<string, Owed>();
  #paying: Promise<void> | undefined;

  constructor(options: OwedChargesOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#owed.size === 0;
  }

  add({ key, level, amount, share, lease }: OwedAmount): void {
    const name = `${lease ?? ''} ${key}`;
    const owed = this.#owed.get(name);
    if (owed !== undefined) {
      owed.amount += amount;
      owed.share += share;
    } else if (this.#owed.size < maxOwed) {
      const window = lease === undefined ? level.budget.window : undefined;
      this.#owed.set(name, { key, window, lease, amount, share });
    }
  }

  /** Counts it. @throws GatewayError where Redis does not answer */
  pay(): Promise<void> {
    this.#paying ??= this.#pay().finally(() => {
      this.#paying = undefined;
    });
    return this.#paying;
  }

  async #pay(): Promise<void> {
    const { counters, local } = this.#options;
    for (let all = [...this.#owed]; all.length > 0; all = [...this.#owed]) {
      const lease = all[0]?.[1].lease;
      const step = all.filter(([, owed]) => owed.lease === lease).slice(0, owedPerStep);
      const parts = step.map(([, owed]) => ({ ...owed }));
      // What is given back corrects what is there: of a Redis that has lost it, nothing falls below zero.
      const atMs = Date.now();
      await counters.add(
        parts.map(({ key, window, amount }): RemoteChange => {
          if (lease !== undefined) return { key, amount, leased: amount };
          return { key, window, amount, ...(amount < 0 ? { atMs } : {}) };
        }),
        lease,
      );
      for (const [index, [name, owed]] of step.entries()) {
        const { key, amount, share } = parts[index] ?? { ...owed, amount: 0, share: 0 };
        owed.amount -= amount;
        owed.share -= share;
        if (owed.amount === 0 && owed.share === 0) this.#owed.delete(name);
        if (share > 0) local.add([{ key: shareKey(key), amount: -share, leased: -share }]);
      }
    }
  }
}
