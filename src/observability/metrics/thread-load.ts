/** How busy a thread is: its event loop, its heap, its garbage collections. */
import {
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { otlpCounts } from '../otlp/otlp-counts.ts';
import type { ThreadMetrics } from './thread-metrics.ts';

const resolutionMs = 10;

const gcTypes: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

type GcEntry = PerformanceEntry & { readonly detail?: { readonly kind?: number } };

/** @returns ends it */
export function observeThread(metrics: ThreadMetrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  const collections = metrics.family('v8js_gc_duration_seconds');
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as GcEntry[])
      collections.of(gcTypes.get(detail?.kind ?? 0) ?? 'other').observe(duration / 1_000);
  });
  observer.observe({ entryTypes: ['gc'] });
  metrics.add((set) => {
    for (const signal of ['traces', 'logs'] as const)
      for (const [outcome, count] of Object.entries(otlpCounts(signal)))
        if (count > 0) set('isthmus_otlp_items_total', count, signal, outcome);
  });
  metrics.add((set) => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    set('v8js_memory_heap_used_bytes', used);
    set('v8js_memory_heap_limit_bytes', limit);
    const isMeasured = delay.count > 0;
    set('nodejs_eventloop_delay_max_seconds', isMeasured ? late(delay.max) : 0);
    set('nodejs_eventloop_delay_p99_seconds', isMeasured ? late(delay.percentile(99)) : 0);
    delay.reset();
    const now = performance.eventLoopUtilization();
    set('nodejs_eventloop_utilization_ratio', performance.eventLoopUtilization(now, utilization).utilization);
    utilization = now;
  });
  return () => {
    observer.disconnect();
    delay.disable();
  };
}

/** Node measures from turn to turn of its own timer. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolutionMs / 1_000);
}
