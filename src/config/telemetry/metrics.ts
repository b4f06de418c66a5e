/** `telemetry.metrics`: what Prometheus reads at `/metrics` of the admin listener. */
import { z } from 'zod';

const maxListed = 1_000;
const defaultMaxNames = 200;

const names = (described: string) => z.array(z.string().min(1).max(100)).max(maxListed).default([]).describe(described);

export const metricsYaml = z
  .union([
    z.boolean(),
    z.strictObject({
      operations: names(
        'Operations that metrics always tell apart by their names, besides those of trusted documents.',
      ),
      clients: names(
        'Clients that metrics always tell apart by their names, besides those that the configuration has.',
      ),
      max_names: z
        .number()
        .int()
        .min(0)
        .max(2_000)
        .default(defaultMaxNames)
        .describe(
          'How many further operations are told apart, and as many clients, aliases, models and prompts; the rest is `other`. 0: only those that are listed.',
        ),
    }),
  ])
  .default(true)
  .describe(
    'Metrics for Prometheus at `/metrics` of the admin listener; `false` counts nothing. Without an admin listener nothing is counted.',
  );

export interface MetricsConfig {
  /** Names that are told apart from the start. */
  readonly operations: readonly string[];
  readonly clients: readonly string[];
  /** How many more are, of each kind. */
  readonly maxNames: number;
}

/** @returns undefined: there are none */
export function resolveMetrics(yaml: z.output<typeof metricsYaml>): MetricsConfig | undefined {
  if (yaml === false) return undefined;
  if (yaml === true) return { operations: [], clients: [], maxNames: defaultMaxNames };
  const { operations, clients, max_names: maxNames } = yaml;
  return { operations, clients, maxNames };
}
