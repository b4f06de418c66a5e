export type { DocumentRequest, PersistedOperations } from './persisted-operations.ts';
export { type PersistedLease, SharedDocuments } from './shared-documents.ts';
export type { TrustedDocuments } from './trusted-documents.ts';
