/** The ledger of a process: opened for the first configuration that has one, and then the same until the process ends. */
import { ConfigError, type ResolvedConfig } from '../../config/index.ts';
import type { Logger, ThreadMetrics } from '../../observability/index.ts';
import type { Ledger } from './ledger.ts';

export class OwnLedger {
  readonly #log: Logger;
  #opened: Ledger | undefined;

  constructor(log: Logger, metrics?: ThreadMetrics) {
    this.#log = log;
    metrics?.add((set) => {
      if (this.#opened !== undefined) set('isthmus_ledger_failing', this.#opened.isFailing ? 1 : 0);
    });
  }

  /**
   * @returns undefined where the configuration has none, or has it by default and it cannot be written
   * @throws ConfigError where it is configured and cannot be written
   */
  async of(config: Pick<ResolvedConfig, 'ai' | 'store' | 'file'>): Promise<Ledger | undefined> {
    const { enabled, isExplicit } = config.ai.ledger;
    if (!enabled) return undefined;
    try {
      // Loaded where there is one.
      this.#opened ??= await (await import('./ledger.ts')).Ledger.open(config, this.#log);
      return this.#opened;
    } catch (error) {
      // Whoever names a database expects budgets to be in it.
      if (isExplicit || config.store.kind !== 'sqlite' || !(error instanceof ConfigError)) throw error;
      const message = 'there is no ledger: budgets are counted in memory, and begin anew at each start';
      this.#log.warn({ reason: error.message }, message);
      return undefined;
    }
  }

  /** Never rejects. */
  async threadEnded(holder: number): Promise<void> {
    await this.#opened?.threadEnded(holder);
  }

  /** Call it when no thread writes any more. */
  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
