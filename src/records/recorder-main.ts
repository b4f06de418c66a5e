/** The thread that records: what serves waits for no disk and no database. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/index.ts';
import { openRecords } from '../store/records/index.ts';
import { answerPortCalls } from '../threads/index.ts';
import type { FromRecorder, RecorderStart, RecordMessage, ToRecorder, WrittenMessage } from './messages.ts';
import { SharedRecordCounts } from './record-counts.ts';
import { answerQuery } from './record-queries.ts';
import { Recorder } from './recorder.ts';

invariant(parentPort, 'runs as a worker');
const main = parentPort;
const { location, graph, bounds, texts, counts, queries } = workerData as RecorderStart;
const send = (message: FromRecorder): void => main.postMessage(message);
/** What a write waits for others. */
const timeoutMs = 2_000;

const hasTexts = texts.documents !== 'off' || texts.variables !== 'off';
const recorder = new Recorder({
  open: () => openRecords(location, timeoutMs),
  graph,
  bounds,
  // Loaded where there are some: it takes more memory than all the rest.
  texts: hasTexts ? new (await import('./text-redaction.ts')).TextRedaction(texts) : undefined,
  counts: new SharedRecordCounts(counts),
  onState: (reason) => send(reason === undefined ? { kind: 'working' } : { kind: 'failing', reason }),
  onPruned: (records) => send({ kind: 'pruned', records }),
});
answerPortCalls(queries, answerQuery(recorder));

/** Those of sinks that may still hand on something. */
const ports = new Set<MessagePort>();
let onLastClosed = (): void => undefined;

function connect(port: MessagePort): void {
  ports.add(port);
  port.on('close', () => {
    ports.delete(port);
    if (ports.size === 0) onLastClosed();
  });
  port.on('message', (message: RecordMessage) =>
    recorder.add(message, (characters) => port.postMessage({ characters } satisfies WrittenMessage)),
  );
}

async function close(): Promise<void> {
  // What sinks have handed on before they were closed comes first.
  if (ports.size > 0)
    await new Promise<void>((resolve) => {
      onLastClosed = resolve;
    });
  await recorder.close();
}

main.on('message', (message: ToRecorder) => {
  if (message.kind === 'connect') connect(message.port);
  else void close().finally(() => send({ kind: 'closed' }));
});
