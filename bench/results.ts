/** What runs of the benchmarks leave: `bench/results.json`. */
import type { AiResults } from './ai/ai-results.ts';
import type { FieldsResults } from './fields/fields-results.ts';
import type { GatewayName } from './gateways/gateway.ts';
import type { Mode } from './operations.ts';

export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly warmUpSeconds: number;
  readonly measuredSeconds: number;
  /** How often each line was measured; the median by CPU time is the one here. */
  readonly rounds: number;
  /** Why processes were not pinned to cores; absent where they were. */
  readonly unpinned?: string;
  readonly operations: readonly { readonly name: string; readonly title: string; readonly connections: number }[];
  /** What was not measured, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly measurements: readonly Measurement[];
  /** Of `npm run bench -- ai`, where it was run. */
  readonly ai?: AiResults | undefined;
  /** Of `npm run bench -- fields`, where it was run. */
  readonly fields?: FieldsResults | undefined;
}

export type Measurement = Measured | Failed;

interface Subject {
  readonly operation: string;
  readonly mode: Mode;
  readonly gateway: GatewayName;
}

export interface Failed extends Subject {
  readonly kind: 'failed';
  readonly reason: string;
}

export interface Measured extends Subject {
  readonly kind: 'measured';
  /** How its answers differ from the reference engine's; absent where they do not. */
  readonly wrong?: string;
  readonly answerBytes: number;
  readonly requests: number;
  /** User and system time of the gateway's own process. */
  readonly cpuMsPerRequest: number;
  /** The same of processes it has started (planners), since their start; absent where there are none. */
  readonly childrenCpuMs?: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly subgraphRequestsPerRequest: number;
  /** Since the process started. */
  readonly peakRssMb: number;
  /** What is reachable before the load and after it, and the largest heap in between. */
  readonly heapMb: { readonly before: number; readonly peak: number; readonly after: number };
  /** How busy the core of load and upstream was; near 1, requests/s says more about it than about the gateway. */
  readonly driverBusy: number;
}
