import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/index.ts';
import { composeSubgraphs } from './compose-subgraphs.ts';
import type { SubgraphSource } from './composition.ts';

invariant(parentPort !== null, 'compose-worker runs as a worker');
parentPort.postMessage(composeSubgraphs((workerData as { sources: readonly SubgraphSource[] }).sources));
