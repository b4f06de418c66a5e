/** The process and its threads, by OpenTelemetry's conventions where they have a name; and the metrics themselves. */
import { type MetricDefinition, ownBuckets } from './definition.ts';

export const processMetrics = {
  process_cpu_time_seconds_total: {
    type: 'counter',
    labels: ['cpu_mode'],
    help: 'CPU time of the process, all threads together; planner processes are not in it.',
  },
  process_memory_usage_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Resident memory of the process.',
    across: 'max',
  },
  process_start_time_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the process was started, in seconds since 1970.',
    across: 'max',
  },
  process_open_file_descriptors: {
    type: 'gauge',
    labels: [],
    help: 'Open files and sockets of the process (Linux).',
    across: 'max',
  },
  v8js_memory_heap_used_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Heap in use, all threads together.',
  },
  v8js_memory_heap_limit_bytes: {
    type: 'gauge',
    labels: [],
    help: 'The most heap that a thread may have.',
    across: 'max',
  },
  v8js_gc_duration_seconds: {
    type: 'histogram',
    labels: ['v8js_gc_type'],
    help: 'Garbage collections of all threads.',
    buckets: ownBuckets,
  },
  nodejs_eventloop_delay_max_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How late an event loop was at most since the last report; of several threads the highest.',
    across: 'max',
  },
  nodejs_eventloop_delay_p99_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How late an event loop was in 99 % of its turns since the last report; of several threads the highest.',
    across: 'max',
  },
  nodejs_eventloop_utilization_ratio: {
    type: 'gauge',
    labels: [],
    help: 'The share of time since the last report in which an event loop was busy; of several threads the highest.',
    across: 'max',
  },
  isthmus_metrics_threads: {
    type: 'gauge',
    labels: ['state'],
    help: 'Threads whose metrics are in this scrape: fresh, or late where one did not answer in time and its last report is used.',
    across: 'max',
  },
  isthmus_metrics_oldest_report_seconds: {
    type: 'gauge',
    labels: [],
    help: 'The age of the oldest report in this scrape.',
    across: 'max',
  },
  isthmus_metrics_series: {
    type: 'gauge',
    labels: [],
    help: 'Series in this scrape, a histogram counted as one.',
    across: 'max',
  },
  isthmus_metrics_names: {
    type: 'gauge',
    labels: ['label', 'origin'],
    help: 'Names that are told apart: listed in the configuration, trusted documents or the like, or learned from use.',
    across: 'max',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
