export { AlertWebhook } from './alert-webhook.ts';
export { amountText } from './budget-error.ts';
export { type BudgetState, readBudgetStates } from './budget-states.ts';
export { Budgets } from './budgets.ts';
export { JointBudgets } from './joint-budgets.ts';
export { openJointBudgets } from './open-joint-budgets.ts';
export type { Payer } from './payer.ts';
export { type RestoreOptions, restoreBudgets } from './restore-budgets.ts';
