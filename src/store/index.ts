export type { ApiKeyChange, ApiKeyChanges, ApiKeyTable, StoredApiKey } from './api-key-table.ts';
export type { AuditEntry, RecordedAuditEntry } from './audit-log.ts';
export { type OpenStoreOptions, openStore, type Store } from './open-store.ts';
