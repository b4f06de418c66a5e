export { nanoUsdOf } from './operation-facts.ts';
export { createRecordSink, OwnRecorder, type RecordsAccess } from './own-recorder.ts';
export type { RecordCounts } from './record-counts.ts';
export type { RecordReader } from './record-queries.ts';
export type { RecordSink } from './record-sink.ts';
