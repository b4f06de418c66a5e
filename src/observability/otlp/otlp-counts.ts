/** What became of what was to be sent to a collector, counted by this thread since its start; for metrics. */
export type OtlpSignal = 'traces' | 'logs';

export interface OtlpCounts {
  /** Spans, or log lines, that the collector took. */
  sent: number;
  /** For want of room: they came faster than they could be sent. */
  dropped: number;
  /** In batches that the collector did not take, in time or at all, and those it took without them. */
  failed: number;
}

const counts: Readonly<Record<OtlpSignal, OtlpCounts>> = {
  traces: { sent: 0, dropped: 0, failed: 0 },
  logs: { sent: 0, dropped: 0, failed: 0 },
};

/** The same object each time: its numbers grow. */
export function otlpCounts(signal: OtlpSignal): OtlpCounts {
  return counts[signal];
}
