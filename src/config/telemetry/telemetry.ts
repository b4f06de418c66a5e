/** `telemetry`: what is told of the gateway while it runs, and where. */
import { z } from 'zod';
import type { LogLevel } from '../resolved-config.ts';
import { type MetricsConfig, metricsYaml, resolveMetrics } from './metrics.ts';
import { type RecordsConfig, recordsYaml, resolveRecords } from './records.ts';

export const telemetryYaml = z
  .strictObject({
    log_level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('The least severe log line to write.'),
    metrics: metricsYaml,
    records: recordsYaml,
  })
  .prefault({});

export interface TelemetryConfig {
  readonly logLevel: LogLevel;
  /** Undefined: nothing is counted. */
  readonly metrics: MetricsConfig | undefined;
  readonly records: RecordsConfig;
}

export function resolveTelemetry(yaml: z.output<typeof telemetryYaml>): TelemetryConfig {
  return {
    logLevel: yaml.log_level,
    metrics: resolveMetrics(yaml.metrics),
    records: resolveRecords(yaml.records),
  };
}
