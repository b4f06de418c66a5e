/** `ai.budget_counters`: where budgets are counted that several gateways have together. */
import { z } from 'zod';
import { downPolicies, type GatewayCountersConfig, gatewayCount } from '../gateway-counters.ts';
import { redisUrl } from '../values.ts';

export const budgetCountersYaml = z
  .strictObject({
    url: redisUrl.describe('The Redis server. Each call that a budget counts asks it once, before it is sent.'),
    when_down: z
      .enum(downPolicies)
      .default('closed')
      .describe(
        'What is done while Redis does not answer: `closed` refuses calls that a budget counts, `local_share` lets each gateway spend its part of what was left, `open` lets calls pass. What is spent meanwhile is counted when Redis answers again.',
      ),
    gateways: gatewayCount
      .optional()
      .describe('How many gateways share the budgets: `local_share` divides what was left by it.'),
  })
  .refine((value) => (value.when_down === 'local_share') === (value.gateways !== undefined), {
    message: 'when_down: local_share and gateways belong together',
    path: ['gateways'],
  })
  .optional()
  .describe('Where budgets are counted that several gateways have together. Default: each gateway counts its own.');

/** `gateways` is 1 without `local_share`. */
export type BudgetCountersConfig = GatewayCountersConfig;
