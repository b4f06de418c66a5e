export { Budgets } from './budgets.ts';
export type { Payer } from './payer.ts';
