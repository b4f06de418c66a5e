/** Prometheus' text format, through prom-client: the only file that imports it. */
import { type Metric, Registry } from 'prom-client';
import { definitions, type MetricName, metricTable } from './metric-table.ts';
import type { SeriesReport } from './thread-metrics.ts';

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** Metrics without series are left out. */
export function renderMetrics(series: ReadonlyMap<MetricName, readonly SeriesReport[]>): Promise<string> {
  const registry = new Registry();
  for (const name of Object.keys(metricTable) as MetricName[]) {
    const ofName = series.get(name);
    if (ofName === undefined) continue;
    const values = ofName.flatMap((each) => samplesOf(each));
    const { type, help } = definitions[name] as (typeof definitions)[string];
    // What the registry needs of a metric to write it: its sums have been made here.
    registry.registerMetric({ name, get: async () => ({ name, help, type, values }) } as unknown as Metric);
  }
  return registry.metrics();
}

function samplesOf([name, values, numbers]: SeriesReport): readonly Sample[] {
  const { labels: labelNames, buckets } = definitions[name] as (typeof definitions)[string];
  const labels = Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? '']));
  if (buckets === undefined) return [{ labels, value: numbers[0] ?? 0 }];
  let count = 0;
  const samples = [...buckets, '+Inf'].map((le, index): Sample => {
    count += numbers[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  const sum = numbers[buckets.length + 1] ?? 0;
  return [
    ...samples,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
