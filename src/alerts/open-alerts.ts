import type { ResolvedConfig } from '../config/index.ts';
import type { Logger, MetricSource } from '../observability/index.ts';
import type { OwnRecorder } from '../records/index.ts';
import { Alerts } from './alerts.ts';

export interface OpenAlertsOptions {
  readonly config: Pick<ResolvedConfig, 'alerts'>;
  readonly recorder: Pick<OwnRecorder, 'reader'>;
  readonly metrics: { add(source: MetricSource): void } | undefined;
  readonly log: Logger;
}

/** @returns undefined where there are no rules */
export function openAlerts({ config, recorder, metrics, log }: OpenAlertsOptions): Alerts | undefined {
  if (config.alerts.rules.length === 0) return undefined;
  const alerts = new Alerts({ config: config.alerts, reader: recorder.reader, log });
  metrics?.add(alerts.metricSource);
  return alerts;
}
