/** The worker thread of the local provider: one job in, one result out, in order. Its models load on first use. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../../errors/index.ts';
import { invariant, unreachable } from '../../../lib/index.ts';
import type { LocalJob, LocalResult } from './local-job.ts';

invariant(parentPort, 'runs as a worker');
const port = parentPort;

// The output of packages is discarded: nothing of it leaves the thread.
process.stdout.write = () => true;
process.stderr.write = () => true;

port.on('message', (job: LocalJob) => {
  void run(job).then((result) => {
    port.postMessage(
      result,
      result.kind === 'embedded' ? result.vectors.map(({ buffer }) => buffer as ArrayBuffer) : [],
    );
  });
});

async function run(job: LocalJob): Promise<LocalResult> {
  try {
    switch (job.kind) {
      case 'complete': {
        const { extractiveAnswer } = await import('./extractive-answer.ts');
        return { kind: 'completed', answer: await extractiveAnswer(job.request) };
      }
      case 'embed': {
        const { embedTexts } = await import('./sentence-embedder.ts');
        return { kind: 'embedded', vectors: await embedTexts(job.texts) };
      }
      default:
        return unreachable(job);
    }
  } catch (error) {
    // By name: the class is in a module that is loaded with the first completion.
    const cannot = error instanceof Error && error.name === 'CannotDo';
    return { kind: cannot ? 'cannot' : 'failed', detail: messageOf(error) };
  }
}
