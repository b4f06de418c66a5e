/**
 * The temporary increases of budgets that a store has, in memory. Changes are read each second, or when the main thread
 * tells of them, so that an increase is in effect within two. Where the store does not answer, those that are known stay in effect until they end; where it cannot be
 * opened, limits are not raised until it can be.
 */
import type { BudgetConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { withinTime } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { RevisionClock, type RevisionTeller } from '../../signals/index.ts';
import type { Store } from '../../store/index.ts';
import { RaisedLimits } from './raised-limits.ts';

type FollowedStore = Pick<Store, 'budgetRaises' | 'close'>;

export interface FollowedRaisesOptions {
  readonly openStore: () => Promise<FollowedStore>;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Who tells of changes. @default nobody: they are looked for each second */
  readonly teller?: RevisionTeller | undefined;
}

/** How long a start waits for the store. */
const firstReadMs = 2_000;

export class FollowedRaises {
  readonly #options: FollowedRaisesOptions;
  #store: FollowedStore | undefined;
  #limits = new RaisedLimits([]);
  #revision: number | undefined;
  #hasFailed = false;
  #isReading = false;
  #reading: Promise<void> = Promise.resolve();
  #clock: RevisionClock | undefined;

  private constructor(options: FollowedRaisesOptions) {
    this.#options = options;
  }

  /** Never rejects. The store is closed with it. */
  static async open(options: FollowedRaisesOptions): Promise<FollowedRaises> {
    const followed = new FollowedRaises(options);
    followed.#reading = followed.#read();
    followed.#clock = new RevisionClock({
      teller: options.teller,
      table: 'budget_raises',
      onTick: (revision) => followed.#readAfter(revision),
    });
    await withinTime(followed.#reading, { timeoutMs: firstReadMs, what: 'reading increases' }).catch(() => undefined);
    return followed;
  }

  /** By how much the limit of a subject is raised now. */
  by(config: BudgetConfig, subject: string): number {
    return this.#limits.by(config, subject);
  }

  async close(): Promise<void> {
    this.#clock?.close();
    await this.#reading;
    await this.#store?.close();
  }

  /** Two readings never run at once: what the one under way misses is told again. */
  #readAfter(revision: number | undefined): Promise<void> {
    const isCurrent = revision !== undefined && revision === this.#revision && !this.#hasFailed;
    if (isCurrent || this.#isReading) return Promise.resolve();
    this.#reading = this.#read();
    return this.#reading;
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    const { openStore, log } = this.#options;
    this.#isReading = true;
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
    } finally {
      this.#isReading = false;
    }
  }
}
