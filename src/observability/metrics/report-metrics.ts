/** A worker's part of the metrics: it reports every few seconds, when it is asked, and at its end. */
import type { MessagePort } from 'node:worker_threads';
import { type FromThread, reportEveryMs, type ToThread } from './process-metrics.ts';
import type { ThreadMetrics } from './thread-metrics.ts';

/** @returns what reports a last time */
export function reportMetrics(metrics: ThreadMetrics, port: MessagePort): () => Promise<void> {
  const report = async (question?: number): Promise<void> => {
    port.postMessage({ report: await metrics.takeReport(), question } satisfies FromThread);
  };
  port.on('message', (message: ToThread) => {
    if (message.kind === 'names') metrics.learn(message.names);
    else void report(message.question);
  });
  const timer = setInterval(() => void report(), reportEveryMs);
  timer.unref();
  port.unref();
  void report();
  return async () => {
    clearInterval(timer);
    await report();
  };
}
