/** What is said of counters in Redis that several gateways have together, whatever they count. */
import { z } from 'zod';

/** What is done while Redis does not answer. */
export const downPolicies = ['closed', 'local_share', 'open'] as const;

/** How many gateways count together. */
export const gatewayCount = z.number().int().min(1).max(1_000);

export interface GatewayCountersConfig {
  readonly url: string;
  readonly whenDown: (typeof downPolicies)[number];
  /** How many share what is left. */
  readonly gateways: number;
}

interface GatewayCountersYaml {
  readonly url: string;
  readonly when_down: GatewayCountersConfig['whenDown'];
  readonly gateways?: number | undefined;
}

export function resolveGatewayCounters(yaml: GatewayCountersYaml | undefined): GatewayCountersConfig | undefined {
  return yaml && { url: yaml.url, whenDown: yaml.when_down, gateways: yaml.gateways ?? 1 };
}
