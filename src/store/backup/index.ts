export { backupStore } from './backup-store.ts';
export { restoreStore, StoreExists } from './restore-store.ts';
