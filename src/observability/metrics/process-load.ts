/** What the process as a whole uses, told by its main thread. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { lostLines } from '../lost-lines.ts';
import type { ThreadMetrics } from './thread-metrics.ts';

const packageFile = new URL('../../../package.json', import.meta.url);
const startedAt = Math.round(performance.timeOrigin) / 1_000;

export function observeProcess(metrics: ThreadMetrics): void {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };
  metrics.add(async (set) => {
    const { user, system } = process.cpuUsage();
    set('process_cpu_time_seconds_total', user / 1e6, 'user');
    set('process_cpu_time_seconds_total', system / 1e6, 'system');
    set('process_memory_usage_bytes', process.memoryUsage.rss());
    set('process_start_time_seconds', startedAt);
    for (const [where, count] of Object.entries(lostLines)) set('isthmus_log_lines_lost_total', count, where);
    set('isthmus_build_info', 1, version, process.version);
    const files = await readdir('/proc/self/fd').catch(() => undefined);
    if (files !== undefined) set('process_open_file_descriptors', files.length);
  });
}
