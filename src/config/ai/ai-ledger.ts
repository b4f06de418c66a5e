/** `ai.ledger`: whether every model call is recorded in the store. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { StoreConfig } from '../store.ts';
import { parseDuration } from '../units.ts';
import { longDuration } from '../values.ts';

export const ledgerYaml = z
  .union([
    z.boolean(),
    z.strictObject({
      folder: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A folder of a disk of this machine, where rows are until they are in the store. Default: `ledger` beside the SQLite file; `.isthmus/ledger` beside the configuration where the store is PostgreSQL.',
        ),
      keep: longDuration
        .refine((value) => (parseDuration(value) ?? 0) >= 7 * 86_400_000, 'rows are kept for 7d at least')
        .optional()
        .describe(
          'How long rows are kept. Of older ones the sums of each hour stay, so that costs and budgets are the same. Default: for ever.',
        ),
      max_rows: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe(
          'About how many rows are kept: each hour the oldest beyond it are deleted, whole hours of them. The sums of each hour stay. Default: no limit.',
        ),
    }),
  ])
  .optional()
  .describe(
    'Whether every model call is a row of the ledger, in the `store`: who, what, what it used and cost. Budgets begin with what it has. Default: where there are `ai.budgets`; without a place to write it, a warning then.',
  );

export interface LedgerConfig {
  readonly enabled: boolean;
  /** Whether the configuration names it: then the start fails where it cannot be written. */
  readonly isExplicit: boolean;
  /** An absolute path. */
  readonly folder: string;
  /** How long rows are kept; undefined: for ever. */
  readonly keepMs: number | undefined;
  /** How many rows are kept; undefined: all. */
  readonly maxRows: number | undefined;
}

export function resolveLedger(
  yaml: z.output<typeof ledgerYaml>,
  hasBudgets: boolean,
  store: StoreConfig | undefined,
  at: (path: string) => string,
): LedgerConfig {
  const folder =
    typeof yaml === 'object' && yaml.folder !== undefined
      ? at(yaml.folder)
      : store?.kind === 'sqlite'
        ? join(dirname(store.file), 'ledger')
        : at('.isthmus/ledger');
  const { keep, max_rows: maxRows } = typeof yaml === 'object' ? yaml : {};
  return {
    maxRows,
    keepMs: keep === undefined ? undefined : parseDuration(keep),
    enabled: yaml === undefined ? hasBudgets : yaml !== false,
    isExplicit: Boolean(yaml),
    folder,
  };
}
