/** `telemetry`: what is told of the gateway while it runs, and where. */
import { z } from 'zod';
import type { LogLevel } from '../resolved-config.ts';
import { type LogConfig, logYaml, resolveLog } from './log.ts';
import { type MetricsConfig, metricsYaml, resolveMetrics } from './metrics.ts';
import { type OtlpConfig, otlpYaml, resolveOtlp } from './otlp.ts';
import { type RecordsConfig, recordsYaml, resolveRecords } from './records.ts';
import { resolveTracing, serviceYaml, type TracingConfig, tracingKeys } from './tracing.ts';

export interface TelemetryConfig {
  readonly logLevel: LogLevel;
  readonly log: LogConfig;
  /** Undefined: nothing is counted. */
  readonly metrics: MetricsConfig | undefined;
  readonly records: RecordsConfig;
  /** Undefined where nothing is sent to a collector. */
  readonly otlp: OtlpConfig | undefined;
  readonly tracing: TracingConfig;
  /** What the collector knows of this service by its resource. */
  readonly service: { readonly name: string; readonly attributes: Readonly<Record<string, string>> };
}

export const telemetryYaml = z
  .strictObject({
    log_level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('The least severe log line to write.'),
    log: logYaml,
    metrics: metricsYaml,
    records: recordsYaml,
    otlp: otlpYaml,
    ...tracingKeys,
    service: serviceYaml,
  })
  .prefault({});

/** @param at resolves relative paths, @param hasAlerts whether there are rules that read what is recorded */
export function resolveTelemetry(
  yaml: z.output<typeof telemetryYaml>,
  at: (path: string) => string,
  hasAlerts: boolean,
): TelemetryConfig {
  return {
    logLevel: yaml.log_level,
    log: resolveLog(yaml.log, at),
    metrics: resolveMetrics(yaml.metrics),
    records: resolveRecords(yaml.records ?? (hasAlerts || undefined)),
    otlp: resolveOtlp(yaml.otlp),
    tracing: resolveTracing(yaml),
    service: yaml.service,
  };
}
