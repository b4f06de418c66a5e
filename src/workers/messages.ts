/** What the main thread and a worker say to each other, beside the ports of what the main thread owns. */
import type { MessagePort } from 'node:worker_threads';
import type { LogLevel } from '../config/index.ts';
import type { RecordsAccess } from '../records/index.ts';
import type { LineRing } from '../threads/index.ts';
import type { SupergraphMessage } from './supergraph-message.ts';
import type { ErrorMessage } from './thread-error.ts';

/** What a worker is started with. */
export interface WorkerStart {
  /** Which thread it is, in the order of their starts from 1: in its log lines, and as the holder of what it counts. */
  readonly number: number;
  /** How many share what is bounded for all of them. */
  readonly workers: number;
  readonly status: SharedArrayBuffer;
  /** What all workers count with. */
  readonly counterMemory: SharedArrayBuffer;
  /** What they count the reads of limited fields with. */
  readonly fieldCounterMemory: SharedArrayBuffer;
  /** What they count rates with. */
  readonly bucketMemory: SharedArrayBuffer;
  /** What has been invalidated of their caches. */
  readonly stampMemory: SharedArrayBuffer;
  /** Which keys the main thread's cache may have. */
  readonly keyMemory: SharedArrayBuffer;
  /** What keys are derived from that all workers have: of statements to subgraphs, and of TLS session tickets. */
  readonly secret: Uint8Array;
  readonly log: { readonly level: LogLevel; readonly lines: LineRing };
  /** Whether metrics are counted. */
  readonly hasMetrics: boolean;
  /** The folder of the configuration. */
  readonly folder: string;
  readonly ports: Readonly<Record<PortName, MessagePort>>;
  /** What operations are recorded with; undefined: they are not. */
  readonly records: RecordsAccess | undefined;
  /** What is counted of canaries; undefined where no registry is followed. */
  readonly canaryTallies: SharedArrayBuffer | undefined;
}

/** What a worker reaches in the main thread. */
export type PortName = 'planners' | 'signals' | 'models' | 'cache' | 'metrics' | 'records';

export type ToWorker =
  /** Build and prepare it; it serves from that epoch on. */
  | { readonly kind: 'build'; readonly epoch: number; readonly supergraph: SupergraphMessage }
  /** Build and prepare it, and serve it to that share of the callers, from 0 to 1. */
  | { readonly kind: 'start canary'; readonly supergraph: SupergraphMessage; readonly share: number }
  | { readonly kind: 'end canary' }
  /** Another worker refused what was built last. */
  | { readonly kind: 'abandon' }
  /** The epoch has been reached: an idle worker closes its previous generation. */
  | { readonly kind: 'swap' }
  | { readonly kind: 'listen'; readonly host: string | undefined; readonly port: number | undefined }
  | { readonly kind: 'drain' }
  | { readonly kind: 'close' };

export type FromWorker =
  /** Its log has lines again. */
  | { readonly kind: 'lines' }
  | { readonly kind: 'built'; readonly epoch: number }
  | { readonly kind: 'refused'; readonly epoch: number; readonly error: ErrorMessage }
  | { readonly kind: 'canary serves' }
  | { readonly kind: 'canary refused'; readonly error: ErrorMessage }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'cannot listen'; readonly error: ErrorMessage }
  | { readonly kind: 'drained'; readonly finished: boolean }
  | { readonly kind: 'closed' };
