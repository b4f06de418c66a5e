export type { NameKind } from './label-names.ts';
export { openProcessMetrics, openThreadMetrics, type ReportedMetrics } from './open-metrics.ts';
export type { ProcessMetrics, Scrape } from './process-metrics.ts';
export type { MetricSource, SetMetric, ThreadMetrics } from './thread-metrics.ts';
