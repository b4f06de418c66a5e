/** A sink and what records, without a thread between them: how tests see what operations become. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll } from 'vitest';
import { type RecordsConfig, resolveRecords } from '../../../src/config/telemetry/records.ts';
import type { OperationRecord } from '../../../src/observability/records/index.ts';
import type { RecordMessage, WrittenMessage } from '../../../src/records/messages.ts';
import { SharedRecordCounts } from '../../../src/records/record-counts.ts';
import { RecordSink } from '../../../src/records/record-sink.ts';
import { Recorder } from '../../../src/records/recorder.ts';
import { TextRedaction } from '../../../src/records/text-redaction.ts';
import { openRecords, type RecordStore } from '../../../src/store/records/index.ts';

export const folder = mkdtempSync(join(tmpdir(), 'isthmus-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
export const keys = { encryption: new Uint8Array(32).fill(1), hashing: new Uint8Array(32).fill(2) };
let files = 0;

export interface Recording extends AsyncDisposable {
  readonly sink: RecordSink;
  readonly counts: SharedRecordCounts;
  readonly recorder: Recorder;
  readonly log: readonly string[];
  /** The folder of its database. */
  readonly folder: string;
  /** Once everything recorded until now is there. */
  store(): Promise<RecordStore>;
}

interface RecordingOptions extends Partial<RecordsConfig> {
  readonly now?: () => number;
  readonly maxWaiting?: number;
  readonly open?: () => Promise<RecordStore>;
  readonly pruneEveryMs?: number;
}

export function record({ now, maxWaiting, open, pruneEveryMs, ...of }: RecordingOptions = {}): Recording {
  const config = { ...resolveRecords(true), rate: 100_000, ...of };
  const counts = new SharedRecordCounts();
  const own = join(folder, String(files++));
  const { port1, port2 } = new MessageChannel();
  const log: string[] = [];
  const write = (_: object, message: string): void => void log.push(message);
  const time = now === undefined ? {} : { now };
  const sink = new RecordSink({
    port: port1,
    config,
    counts,
    suffix: 'test',
    log: { info: write, warn: write },
    ...time,
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  });
  const recorder = new Recorder({
    open: open ?? (() => openRecords({ kind: 'sqlite', file: join(own, 'state.records.db'), keys }, 1_000)),
    graph: 'shop@current',
    bounds: config,
    texts: new TextRedaction(config),
    counts,
    onState: (reason) => log.push(reason === undefined ? 'working' : `failing: ${reason}`),
    onPruned: () => undefined,
    delayMs: 1,
    retryMs: 5,
    ...time,
    ...(pruneEveryMs === undefined ? {} : { pruneEveryMs }),
  });
  const closed = new Promise((resolve) => port2.on('close', resolve));
  port2.on('message', (message: RecordMessage) =>
    recorder.add(message, (characters) => port2.postMessage({ characters } satisfies WrittenMessage)),
  );
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (!isClosed) sink.close();
    isClosed = true;
    await closed;
    await recorder.written();
  };
  return {
    sink,
    counts,
    recorder,
    log,
    folder: own,
    async store() {
      await close();
      return recorder.store();
    },
    async [Symbol.asyncDispose]() {
      await close();
      await recorder.close();
    },
  };
}

export const ever = { from: 0, to: Number.MAX_SAFE_INTEGER } as const;

export async function allOf(store: RecordStore): Promise<readonly OperationRecord[]> {
  return (await store.search({ filter: ever, limit: 10_000 })).records;
}
