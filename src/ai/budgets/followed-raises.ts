/**
 * The temporary increases of budgets that a store has, in memory. Changes are read each second, so that an increase is in
 * effect within two. Where the store does not answer, those that are known stay in effect until they end; where it cannot be
 * opened, limits are not raised until it can be.
 */
import type { BudgetConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { withinTime } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Store } from '../../store/index.ts';
import { RaisedLimits } from './raised-limits.ts';

type FollowedStore = Pick<Store, 'budgetRaises' | 'close'>;

export interface FollowedRaisesOptions {
  readonly openStore: () => Promise<FollowedStore>;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

const pollMs = 1_000;
/** How long a start waits for the store. */
const firstReadMs = 2_000;

export class FollowedRaises {
  readonly #options: FollowedRaisesOptions;
  #store: FollowedStore | undefined;
  #limits = new RaisedLimits([]);
  #revision: number | undefined;
  #hasFailed = false;
  #isClosed = false;
  #reading: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: FollowedRaisesOptions) {
    this.#options = options;
  }

  /** Never rejects. The store is closed with it. */
  static async open(options: FollowedRaisesOptions): Promise<FollowedRaises> {
    const followed = new FollowedRaises(options);
    followed.#readNow();
    await withinTime(followed.#reading, { timeoutMs: firstReadMs, what: 'reading increases' }).catch(() => undefined);
    return followed;
  }

  /** By how much the limit of a subject is raised now. */
  by(config: BudgetConfig, subject: string): number {
    return this.#limits.by(config, subject);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#reading;
    await this.#store?.close();
  }

  /** The next reading begins when the last has ended, however long that took. */
  #pollLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#readNow(), pollMs);
    this.#timer.unref();
  }

  #readNow(): void {
    this.#reading = this.#read();
    void this.#reading.then(() => this.#pollLater());
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    const { openStore, log } = this.#options;
    try {
      this.#store ??= await openStore();
      const changed = await this.#store.budgetRaises.changedSince(this.#revision);
      if (changed !== undefined) {
        this.#limits = new RaisedLimits(changed.raises);
        this.#revision = changed.revision;
      }
      if (this.#hasFailed) log.info({}, 'the store answers again: increases of budgets are taken up');
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) log.warn({ reason: messageOf(error) }, 'increases of budgets cannot be read');
      this.#hasFailed = true;
    }
  }
}
