/** The local worker, with messages that make it crash, end or hang. */
import { parentPort } from 'node:worker_threads';
import type { LocalJob } from '../../../../../src/ai/providers/local/local-job.ts';
import { userTexts } from '../../../../../src/ai/providers/local/request-text.ts';

parentPort?.on('message', (job: LocalJob) => {
  const text = job.kind === 'complete' ? userTexts(job.request)[0] : job.texts[0];
  if (text === 'crash') throw new Error('out of luck');
  if (text === 'end') process.exit(3);
  if (text === 'hang') for (;;);
});
await import('../../../../../src/ai/providers/local/local-worker.ts');
