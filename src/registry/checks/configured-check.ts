import type { ChecksConfig } from '../../config/index.ts';
import type { CheckOptions } from './check-options.ts';

/** @param now the end of the window, in milliseconds since 1970 */
export function configuredCheck(
  { windowMs, minRequests, minPercent, excludedClients, operations, owners }: ChecksConfig,
  now: number,
): Pick<CheckOptions, 'window' | 'thresholds' | 'owners' | 'operations'> {
  return {
    window: { from: now - windowMs, to: now, excludedClients },
    thresholds: { requests: minRequests, percent: minPercent },
    owners,
    operations,
  };
}
