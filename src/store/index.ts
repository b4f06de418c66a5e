export type { ApiKeyChange, ApiKeyChanges, ApiKeyTable, StoredApiKey } from './api-key-table.ts';
export type { AuditEntry, RecordedAuditEntry } from './audit-log.ts';
export type { BudgetRaise } from './budget-raise-table.ts';
export type { LedgerSums } from './ledger-sums.ts';
export type { LedgerGroup, LedgerSpan, LedgerSumsRequest, LedgerTable } from './ledger-table.ts';
export { type OpenStoreOptions, openStore, type Store } from './open-store.ts';
export type { ErasedUser } from './people/erase-user.ts';
export type { CanaryEnd, NextGeneration, RegistryHead, RegistryTable } from './registry/registry-table.ts';
export type { RekeyedStore } from './rekey.ts';
