/** `limits.rate_counters`: where rates are counted that several gateways have together. */
import { z } from 'zod';
import { downPolicies, type GatewayCountersConfig, gatewayCount } from '../gateway-counters.ts';
import { redisUrl } from '../values.ts';

export const rateCountersYaml = z
  .strictObject({
    url: redisUrl.describe('The Redis server. Each operation that a rate counts asks it once.'),
    when_down: z
      .enum(downPolicies)
      .default('local_share')
      .describe(
        'What is done while Redis does not answer: `local_share` lets each gateway serve its part of every rate, `closed` refuses what a rate counts, `open` lets each gateway serve as much as it would alone.',
      ),
    gateways: gatewayCount.default(1).describe('How many gateways share the rates: `local_share` divides them by it.'),
  })
  .optional()
  .describe('Where rates are counted that several gateways have together. Default: each gateway counts its own.');

export type RateCountersConfig = GatewayCountersConfig;
