export { Budgets } from './budgets.ts';
export type { Payer } from './payer.ts';
export { type RestoreOptions, restoreBudgets } from './restore-budgets.ts';
