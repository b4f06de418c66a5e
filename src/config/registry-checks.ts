/** `registry.checks`: what changes of the graph are weighed by before they are published, and who owns what. */
import { z } from 'zod';
import { hourMs } from '../lib/index.ts';
import { graphNamePattern } from './graph-ref.ts';
import { durationPattern, parseDuration } from './units.ts';

const ownedPattern = /^[A-Za-z]\w*(?:\.(?:\*|[A-Za-z_]\w*))?$/;

export const checksYaml = z
  .strictObject({
    window: z
      .string()
      .regex(durationPattern, 'write a duration such as 7d or 12h')
      .refine((text) => (parseDuration(text) ?? 0) >= hourMs, 'usage is counted by the hour: write at least 1h')
      .default('7d')
      .describe('How far back requests count that use what a change breaks.'),
    variants: z
      .array(z.string().regex(graphNamePattern, 'write the name of a variant, such as current'))
      .default([])
      .describe(
        'The variants of the graph whose requests count, such as `[current]` for the checks of all of them. Default: all requests that the store knows of.',
      ),
    min_requests: z
      .number()
      .int()
      .min(1)
      .default(1)
      .describe('What is used by fewer requests of the window is as good as unused.'),
    min_percent: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('What is used by a smaller share of the requests of the window is as good as unused.'),
    excluded_clients: z
      .array(z.string().min(1))
      .default([])
      .describe('The names of clients whose requests do not count, such as those of tests.'),
    operations: z
      .number()
      .int()
      .min(0)
      .max(1_000)
      .default(50)
      .describe('How many of the most used operations are planned and priced before and after.'),
    owners: z
      .record(z.string(), z.string().min(1))
      .refine((owners) => Object.keys(owners).every((key) => ownedPattern.test(key)), {
        message: 'own a Type.field, a Type.* or a Type',
      })
      .default({})
      .describe(
        'The teams that own fields and types: `{ "Product.price": pricing, "Review.*": reviews }`. A change by another team waits for the owner to approve it.',
      ),
  })
  .prefault({})
  .describe('What a check of a change is weighed by.');

export interface ChecksConfig {
  readonly windowMs: number;
  /** Whose requests count; none: all requests do. */
  readonly variants: readonly string[];
  readonly minRequests: number;
  readonly minPercent: number;
  readonly excludedClients: readonly string[];
  readonly operations: number;
  /** Teams by `Type.field`, `Type.*` or `Type`. */
  readonly owners: Readonly<Record<string, string>>;
}

export function resolveChecks(yaml: z.output<typeof checksYaml>): ChecksConfig {
  return {
    windowMs: parseDuration(yaml.window) ?? 0,
    variants: yaml.variants,
    minRequests: yaml.min_requests,
    minPercent: yaml.min_percent,
    excludedClients: yaml.excluded_clients,
    operations: yaml.operations,
    owners: yaml.owners,
  };
}
