/** A worker thread: its own event loop, HTTP server and generations, over what the main thread owns. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/index.ts';
import { createLogger } from '../observability/index.ts';
import { LineWriter } from '../threads/index.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { createWorkerGateway, type WorkerGateway } from './worker-gateway.ts';

invariant(parentPort, 'runs as a worker');
const port = parentPort;
const start = workerData as WorkerStart;
const send = (message: FromWorker): void => port.postMessage(message);

const { level, readable, lines } = start.log;
const destination = new LineWriter(lines, () => send({ kind: 'lines' }));
let gateway: WorkerGateway | undefined;
port.on('message', (message: ToWorker) => {
  if (message.kind === 'assign') {
    const log = createLogger({ level, readable, destination }).child({ worker: message.number });
    gateway = createWorkerGateway({ start, log, send });
  } else gateway?.receive(message);
});
