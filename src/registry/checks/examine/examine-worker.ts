import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../../lib/index.ts';
import { type Examined, examine } from './examine.ts';

invariant(parentPort !== null, 'examine-worker runs as a worker');
const { before, after } = workerData as { readonly before: Examined | undefined; readonly after: Examined };
parentPort.postMessage(await examine(before, after));
