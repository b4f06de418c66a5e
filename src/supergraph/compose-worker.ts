import { parentPort } from 'node:worker_threads';
import { invariant } from '../lib/index.ts';
import type { ComposeInput } from './compose.ts';
import { composeSubgraphs } from './compose-subgraphs.ts';

invariant(parentPort !== null, 'compose-worker runs as a worker');
const port = parentPort;
port.on('message', ({ sources, contracts }: ComposeInput) => {
  port.postMessage(composeSubgraphs(sources, contracts));
});
