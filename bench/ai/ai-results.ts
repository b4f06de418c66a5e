/** What `npm run bench -- ai` leaves in bench/results.json, under `ai`. */
import type { Results } from '../results.ts';

export interface AiResults {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Results['machine'];
  readonly versions: Readonly<Record<string, string>>;
  readonly warmUpSeconds: number;
  readonly measuredSeconds: number;
  readonly rounds: number;
  readonly unpinned?: string;
  /** What was not measured, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly lines: readonly AiLine[];
}

export type AiLine = AiMeasured | AiFailed;

interface AiSubject {
  readonly workload: WorkloadName;
  readonly subject: SubjectName;
}

export interface AiFailed extends AiSubject {
  readonly kind: 'failed';
  readonly reason: string;
}

export interface AiMeasured extends AiSubject {
  readonly kind: 'measured';
  /** What was wrong about its answers; absent where nothing was. */
  readonly wrong?: string;
  readonly calls: number;
  /** User and system time of the gateway's own process. */
  readonly cpuMsPerCall: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Until the first byte of a whole answer, until the first text of a stream. */
  readonly firstP50Ms: number;
  readonly firstP99Ms: number;
  /** Calls that reached the provider for each that was answered. */
  readonly providerCallsPerCall: number;
  /** Since the process started. */
  readonly peakRssMb: number;
  /** How busy the core of load and provider was; near 1, calls/s and latencies are its limit. */
  readonly driverBusy: number;
}

/**
 * - `call`: whole answers, each request distinct
 * - `first-token`: short streams, one at a time
 * - `stream-together`: streams of 500 events that the provider writes at once
 * - `stream-apart`: streams of 500 events that leave one every millisecond
 */
export type WorkloadName = 'call' | 'first-token' | 'stream-together' | 'stream-apart';

export type SubjectName =
  | 'proxy'
  | 'proxy-messages'
  | 'isthmus'
  | 'isthmus-bare'
  | 'isthmus-chat-to-anthropic'
  | 'isthmus-messages-to-openai'
  | 'isthmus-hits'
  | 'portkey'
  | 'portkey-chat-to-anthropic';
