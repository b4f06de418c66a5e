/** Before a generation is built: its ledger is open, and its budgets are counted from where they were. */
import { restoreBudgets } from '../ai/budgets/index.ts';
import type { LedgerAccess, OwnLedger } from '../ai/ledger/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import type { LocalCounters } from '../counters/index.ts';

/**
 * For the thread that owns the ledger.
 *
 * @returns undefined where there is no ledger
 * @throws ConfigError where the ledger is configured and cannot be written
 */
export function budgetPreparation(
  ownLedger: OwnLedger,
  counters: LocalCounters,
): (config: ResolvedConfig) => Promise<LedgerAccess | undefined> {
  const restored = new Set<string>();
  return async (config) => {
    const ledger = await ownLedger.of(config);
    if (ledger === undefined) return undefined;
    const { budgets } = config.ai;
    await restoreBudgets({ budgets, counters, restored, readLedger: () => ledger.imported() });
    return ledger.access;
  };
}
