/**
 * Rates that several gateways count together, in Redis: one round trip for all that a request takes. While Redis does not
 * answer, the declared policy decides: `local_share` lets each gateway serve its part of every rate, `closed` nothing that a
 * rate counts, `open` what it would alone.
 */
import type { RateCountersConfig } from '../../config/index.ts';
import type { BucketTake, CounterChange, RedisCounters, TakeOutcome, TokenBuckets } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';

export interface JointRatesOptions {
  readonly counters: Pick<RedisCounters, 'take' | 'putBack' | 'add' | 'isAvailable' | 'close'>;
  readonly config: RateCountersConfig;
}

export class JointRates {
  readonly whenDown: RateCountersConfig['whenDown'];
  readonly #options: JointRatesOptions;

  constructor(options: JointRatesOptions) {
    this.#options = options;
    this.whenDown = options.config.whenDown;
  }

  get isAvailable(): boolean {
    return this.#options.counters.isAvailable;
  }

  /**
   * Takes tokens that this gateway's own buckets have.
   * @returns undefined where these alone decide
   * @throws GatewayError OVERLOADED
   */
  async take(takes: readonly BucketTake[], buckets: TokenBuckets): Promise<TakeOutcome | undefined> {
    try {
      return await this.#options.counters.take(takes);
    } catch (error) {
      return this.#alone(error, () => buckets.take(takes.map((take) => this.#shareOf(take))));
    }
  }

  /** Nobody waits for it: a rate of which too little is put back is a little lower. */
  putBack(takes: readonly BucketTake[]): void {
    void this.#options.counters.putBack(takes).catch(() => undefined);
  }

  /** Counts what this gateway has counted. @param reads what that has come to @returns whether all gateways allow it, and what takes it back */
  async count(
    change: CounterChange & { readonly max: number },
    reads: number,
  ): Promise<{ readonly isAllowed: boolean; readonly roomInMs?: number; readonly giveBack?: () => void }> {
    const { counters, config } = this.#options;
    try {
      const outcome = await counters.add([change]);
      if (outcome.kind === 'refused') return { isAllowed: false, roomInMs: outcome.roomInMs };
      const { key, window, amount } = change;
      const giveBack = (): void =>
        void counters.add([{ key, window, amount: -amount, atMs: outcome.atMs }]).catch(() => undefined);
      return { isAllowed: true, giveBack };
    } catch (error) {
      const isAllowed = this.#alone(error, () => reads <= Math.max(1, Math.floor(change.max / config.gateways)));
      return { isAllowed: isAllowed ?? true };
    }
  }

  close(): void {
    this.#options.counters.close();
  }

  #alone<Value>(cause: unknown, share: () => Value): Value | undefined {
    const { whenDown } = this;
    switch (whenDown) {
      case 'closed':
        throw new GatewayError('OVERLOADED', { cause, detail: 'rates cannot be counted: Redis does not answer' });
      case 'local_share':
        return share();
      case 'open':
        return undefined;
      default:
        return unreachable(whenDown);
    }
  }

  #shareOf(take: BucketTake): BucketTake {
    const { gateways } = this.#options.config;
    const { tokensPerMs, burst, delayMs } = take.rate;
    const rate = { tokensPerMs: tokensPerMs / gateways, burst: Math.max(1, burst / gateways), delayMs };
    return { ...take, name: `share ${take.name}`, rate };
  }
}
