/** The local worker, but for messages that tell it to crash, to end or to hang. */
import { parentPort } from 'node:worker_threads';
import type { LocalJob } from '../../../../src/ai/models/local-job.ts';
import { userTexts } from '../../../../src/ai/models/request-text.ts';

parentPort?.on('message', (job: LocalJob) => {
  const text = job.kind === 'complete' ? userTexts(job.request)[0] : job.texts[0];
  if (text === 'crash') throw new Error('out of luck');
  if (text === 'end') process.exit(3);
  if (text === 'hang') for (;;);
});
await import('../../../../src/ai/models/local-worker.ts');
