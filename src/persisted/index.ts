export type { DocumentRequest, PersistedOperations } from './persisted-operations.ts';
export { readTrustedDocuments } from './read-trusted-documents.ts';
export { type PersistedLease, SharedDocuments } from './shared-documents.ts';
export type { TrustedDocument } from './trusted-document.ts';
export type { TrustedDocuments } from './trusted-documents.ts';
