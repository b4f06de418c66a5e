import { type ChecksConfig, formatGraphRef, type GraphRef } from '../../config/index.ts';
import type { CheckOptions } from './check-options.ts';

/** @param now the end of the window, in milliseconds since 1970 */
export function configuredCheck(
  { windowMs, variants, minRequests, minPercent, excludedClients, operations, owners }: ChecksConfig,
  { graph }: GraphRef,
  now: number,
): Pick<CheckOptions, 'window' | 'thresholds' | 'owners' | 'operations'> {
  const graphs = variants.length === 0 ? undefined : variants.map((variant) => formatGraphRef({ graph, variant }));
  return {
    window: { from: now - windowMs, to: now, excludedClients, graphs },
    thresholds: { requests: minRequests, percent: minPercent },
    owners,
    operations,
  };
}
