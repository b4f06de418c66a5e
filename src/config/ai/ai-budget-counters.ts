/** `ai.budget_counters`: where budgets are counted that several gateways have together. */
import { z } from 'zod';
import { redisUrl } from '../values.ts';

const policies = ['closed', 'local_share', 'open'] as const;

export const budgetCountersYaml = z
  .strictObject({
    url: redisUrl.describe('The Redis server. Each call that a budget counts asks it once, before it is sent.'),
    when_down: z
      .enum(policies)
      .default('closed')
      .describe(
        'What is done while Redis does not answer: `closed` refuses calls that a budget counts, `local_share` lets each gateway spend its part of what was left, `open` lets calls pass. What is spent meanwhile is counted when Redis answers again.',
      ),
    gateways: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .optional()
      .describe('How many gateways share the budgets: `local_share` divides what was left by it.'),
  })
  .refine((value) => (value.when_down === 'local_share') === (value.gateways !== undefined), {
    message: 'when_down: local_share and gateways belong together',
    path: ['gateways'],
  })
  .optional()
  .describe('Where budgets are counted that several gateways have together. Default: each gateway counts its own.');

export interface BudgetCountersConfig {
  readonly url: string;
  readonly whenDown: (typeof policies)[number];
  /** How many share what is left; 1 without `local_share`. */
  readonly gateways: number;
}

export function resolveBudgetCounters(yaml: z.output<typeof budgetCountersYaml>): BudgetCountersConfig | undefined {
  if (yaml === undefined) return undefined;
  return { url: yaml.url, whenDown: yaml.when_down, gateways: yaml.gateways ?? 1 };
}
