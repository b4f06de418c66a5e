/** What threads that serve and the thread that records say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { RecordsConfig } from '../config/index.ts';
import type { RecordSum } from '../observability/records/index.ts';
import type { RecordBounds, RecordsLocation } from '../store/records/index.ts';
import type { UsageSum } from '../usage/index.ts';
import type { SumsOfHour } from './hourly-sums.ts';

/** From a thread that serves. */
export interface RecordMessage {
  /** Lines of JSON, each an `OperationRecord`; empty: none. */
  readonly lines: string;
  readonly count: number;
  readonly sums: readonly SumsOfHour<RecordSum>[];
  readonly usage: readonly SumsOfHour<UsageSum>[];
}

/** Back: so many characters of lines are in the store, or are given up. */
export interface WrittenMessage {
  readonly characters: number;
}

export interface RecorderStart {
  readonly location: RecordsLocation;
  /** What is served, as `shop@current`: usage is told apart by it. */
  readonly graph: string;
  readonly bounds: RecordBounds;
  readonly texts: Pick<RecordsConfig, 'documents' | 'variables'>;
  readonly counts: SharedArrayBuffer;
  /** Answers `RecordQuery`. */
  readonly queries: MessagePort;
}

export type ToRecorder = { readonly kind: 'connect'; readonly port: MessagePort } | { readonly kind: 'close' };

export type FromRecorder =
  | { readonly kind: 'failing'; readonly reason: string }
  | { readonly kind: 'working' }
  | { readonly kind: 'pruned'; readonly records: number }
  | { readonly kind: 'closed' };
