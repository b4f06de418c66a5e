export { backupStore } from './backup-store.ts';
export { restoreStore, StoreExists, StoreOpen } from './restore-store.ts';
