/** What a metric is: its name is in the table that has it. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** In the order in which their values are given. */
  readonly labels: readonly string[];
  /** For whoever reads `/metrics`, and docs/observability.md. */
  readonly help: string;
  /** The upper bounds of a histogram's buckets, but for +Inf. */
  readonly buckets?: readonly number[];
  /** What a gauge of several threads comes to together. @default sum */
  readonly across?: 'sum' | 'max' | 'min';
}

/** Of OpenTelemetry's HTTP conventions, in seconds. */
export const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** What the gateway itself takes: shorter than what is waited for. */
export const ownBuckets = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] as const;
