/** `limits.rate_counters`: where rates are counted that several gateways have together. */
import { z } from 'zod';
import { redisUrl } from '../values.ts';

const policies = ['closed', 'local_share', 'open'] as const;

export const rateCountersYaml = z
  .strictObject({
    url: redisUrl.describe('The Redis server. Each operation that a rate counts asks it once.'),
    when_down: z
      .enum(policies)
      .default('local_share')
      .describe(
        'What is done while Redis does not answer: `local_share` lets each gateway serve its part of every rate, `closed` refuses what a rate counts, `open` lets each gateway serve as much as it would alone.',
      ),
    gateways: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(1)
      .describe('How many gateways share the rates: `local_share` divides them by it.'),
  })
  .optional()
  .describe('Where rates are counted that several gateways have together. Default: each gateway counts its own.');

export interface RateCountersConfig {
  readonly url: string;
  readonly whenDown: (typeof policies)[number];
  readonly gateways: number;
}

export function resolveRateCounters(yaml: z.output<typeof rateCountersYaml>): RateCountersConfig | undefined {
  if (yaml === undefined) return undefined;
  return { url: yaml.url, whenDown: yaml.when_down, gateways: yaml.gateways };
}
