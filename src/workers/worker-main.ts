/** A worker thread: its own event loop, HTTP server and generations, over what the main thread owns. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/index.ts';
import { createLogger, openThreadMetrics } from '../observability/index.ts';
import { LineWriter, shrinkWhenIdle } from '../threads/index.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { createWorkerGateway } from './worker-gateway.ts';

invariant(parentPort, 'runs as a worker');
const port = parentPort;
const start = workerData as WorkerStart;
const send = (message: FromWorker): void => port.postMessage(message);

const { level, lines } = start.log;
const destination = new LineWriter(lines, () => send({ kind: 'lines' }));
const log = createLogger({ level, readable: false, destination }).child({ worker: start.number });
const metrics = start.hasMetrics ? await openThreadMetrics(start.ports.metrics) : undefined;
const gateway = createWorkerGateway({ start, metrics, log, send });
shrinkWhenIdle();
port.on('message', (message: ToWorker) => gateway.receive(message));
