import type { BudgetCountersConfig } from '../../config/index.ts';
import { type LocalCounters, RedisCounters } from '../../counters/index.ts';
import type { Logger } from '../../observability/index.ts';
import { JointBudgets } from './joint-budgets.ts';

/** How long a start waits for Redis; what it does without is the policy's. */
const connectMs = 2_000;

/** Never rejects: a Redis that does not answer is a warning. */
export async function openJointBudgets(
  config: BudgetCountersConfig,
  local: LocalCounters,
  log: Logger,
): Promise<JointBudgets> {
  const { whenDown } = config;
  const counters: RedisCounters = new RedisCounters({
    url: config.url,
    onStateChange(isAvailable, reason) {
      if (isAvailable) log.info({}, 'the Redis of budgets answers');
      else log.warn({ reason, whenDown }, 'the Redis of budgets does not answer');
      if (isAvailable) void joint.payOwed().catch(() => undefined);
    },
  });
  const joint = new JointBudgets({ counters, local, config });
  await counters.connected(connectMs);
  return joint;
}
