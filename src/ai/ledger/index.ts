export { type Costs, type CostsRequest, parseMoment, readCosts } from './costs.ts';
export type { LedgerAccess } from './ledger.ts';
export { OwnLedger } from './own-ledger.ts';
export type { LedgerPayer, SegmentRow } from './segment-lines.ts';
export type { SegmentWriter } from './segment-writer.ts';
export { ThreadLedger } from './thread-ledger.ts';
