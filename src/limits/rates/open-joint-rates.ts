import type { RateCountersConfig } from '../../config/index.ts';
import { RedisCounters } from '../../counters/index.ts';
import type { Logger } from '../../observability/index.ts';
import { JointRates } from './joint-rates.ts';

/** How long a start waits for Redis; what it does without is the policy's. */
const connectMs = 2_000;

/** Never rejects: a Redis that does not answer is a warning. */
export async function openJointRates(config: RateCountersConfig, log: Logger): Promise<JointRates> {
  const { whenDown } = config;
  const counters = new RedisCounters({
    url: config.url,
    onStateChange(isAvailable, reason) {
      if (isAvailable) log.info({}, 'the Redis of rates answers');
      else log.warn({ reason, whenDown }, 'the Redis of rates does not answer');
    },
    commandTimeoutMs: 250,
  });
  await counters.connected(connectMs);
  return new JointRates({ counters, config });
}
