export type { DocumentRequest, PersistedOperations } from './persisted-operations.ts';
export { type OpenDocumentStore, type PersistedLease, SharedDocuments } from './shared-documents.ts';
