/** The metrics of a process or thread, where they are on; where not, nothing of them is loaded. */
import type { MessagePort } from 'node:worker_threads';
import type { ResolvedConfig } from '../../config/index.ts';
import type { ProcessMetrics } from './process-metrics.ts';
import type { ThreadMetrics } from './thread-metrics.ts';

/** Of the main thread. Without an admin listener nobody could read them. */
export async function openProcessMetrics({
  admin,
  telemetry: { metrics: config },
}: Pick<ResolvedConfig, 'admin' | 'telemetry'>): Promise<ProcessMetrics | undefined> {
  if (admin === undefined || config === undefined) return undefined;
  const [{ ProcessMetrics: Metrics }, { observeProcess }, { observeThread }] = await Promise.all([
    import('./process-metrics.ts'),
    import('./process-load.ts'),
    import('./thread-load.ts'),
  ]);
  const metrics = new Metrics({ maxNames: config.maxNames });
  observeProcess(metrics.own);
  metrics.onClose(observeThread(metrics.own));
  return metrics;
}

export interface ReportedMetrics {
  readonly counted: ThreadMetrics;
  /** Call it when nothing is counted any more. */
  reportLast(): Promise<void>;
}

/** Of a worker, which reports them over the port. */
export async function openThreadMetrics(port: MessagePort): Promise<ReportedMetrics> {
  const [{ ThreadMetrics: Metrics }, { observeThread }, { reportMetrics }] = await Promise.all([
    import('./thread-metrics.ts'),
    import('./thread-load.ts'),
    import('./report-metrics.ts'),
  ]);
  const counted = new Metrics();
  observeThread(counted);
  return { counted, reportLast: reportMetrics(counted, port) };
}
