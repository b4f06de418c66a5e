import { parentPort } from 'node:worker_threads';
import { invariant } from '../lib/index.ts';
import type { ComposeInput } from './compose.ts';
import { composeSubgraphs } from './compose-subgraphs.ts';
import { adoptSupergraph } from './external/adopt-supergraph.ts';

invariant(parentPort !== null, 'compose-worker runs as a worker');
const port = parentPort;
port.on('message', (input: ComposeInput) => {
  port.postMessage(
    input.kind === 'subgraphs'
      ? composeSubgraphs(input.sources, input.contracts)
      : adoptSupergraph(input.external, input.contracts),
  );
});
