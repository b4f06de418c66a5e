import { Worker } from 'node:worker_threads';
import { siblingModule } from '../lib/index.ts';
import type { Composition, CompositionOutcome, SubgraphSource } from './composition.ts';
import { CompositionError } from './composition.ts';

/**
 * Composes in a worker of its own, which ends with the work: composing is rare, and what it leaves on the heap is not
 * kept. Memory and time are bounded, so that a hostile schema costs a refusal and nothing else.
 *
 * @param timeoutMs how long composing may take: 200 types in 10 subgraphs that all lead to each other take 32 s
 * @throws CompositionError with every problem found
 */
export async function compose(sources: readonly SubgraphSource[], timeoutMs = 120_000): Promise<Composition> {
  const worker = new Worker(siblingModule(import.meta.url, 'compose-worker'), {
    workerData: { sources },
    resourceLimits: { maxOldGenerationSizeMb: 2_048 },
  });
  const refuse = (message: string) =>
    new CompositionError([
      {
        severity: 'error',
        code: 'COMPOSITION_FAILED',
        message,
        places: [],
        mend: 'make the schemas smaller or simpler',
      },
    ]);
  let timer: NodeJS.Timeout | undefined;
  try {
    const outcome = await new Promise<CompositionOutcome>((resolve, reject) => {
      timer = setTimeout(() => reject(refuse(`composing took longer than ${timeoutMs} ms`)), timeoutMs);
      worker.once('message', resolve);
      worker.once('error', (error: Error) => reject(refuse(`the composition worker failed: ${error.message}`)));
      worker.once('exit', () => reject(refuse('the composition worker ended without an answer')));
    });
    if (outcome.kind === 'failed') throw new CompositionError(outcome.problems);
    const { kind: _kind, ...composition } = outcome;
    return composition;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
