/** The process that composes: one composition after another. */
import { flushCompileCache } from 'node:module';
import { messageOf } from '../errors/index.ts';
import type { ComposeInput, ComposeReply } from './compose.ts';
import { composeSubgraphs } from './compose-subgraphs.ts';
import { adoptSupergraph } from './external/adopt-supergraph.ts';

function answer(input: ComposeInput): ComposeReply {
  try {
    return input.kind === 'subgraphs'
      ? composeSubgraphs(input.sources, input.contracts)
      : adoptSupergraph(input.external, input.contracts);
  } catch (error) {
    return { kind: 'defect', message: messageOf(error) };
  }
}

process.on('message', (input: ComposeInput) => process.send?.(answer(input)));
// Node writes its compile cache, if there is one, when a process exits; this one may be killed, so it writes it earlier.
process.once('message', () => setImmediate(flushCompileCache));
process.on('disconnect', () => process.exit(0));
