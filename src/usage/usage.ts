/** What has been used in a span of time, as it is read: added up over hours, threads and gateways. */
import type { UsageClient, UsedOperation } from './usage-sums.ts';

export interface UsageRequest {
  /** In milliseconds since 1970: hours that the span touches count whole, and days where hours are not kept any more. */
  readonly from: number;
  readonly to: number;
}

export interface UsageOrigin extends UsageClient {
  /** What was served, such as `shop@current`; undefined: that is not known. */
  readonly graph: string | undefined;
}

/** One operation of one client. */
export interface UsageGroup extends UsageOrigin {
  /** Undefined: all that have no sum of their own. */
  readonly operation: UsedOperation | undefined;
  readonly count: number;
  readonly errors: number;
  readonly durationMs: number;
  readonly maxMs: number;
  /** When the last hour begins in which it was used, or the day. */
  readonly lastAt: number;
  /** In how many operations each coordinate was found beside those of `operation`. */
  readonly inputs: ReadonlyMap<string, number>;
}

/** The most frequent first. */
export type Usage = readonly UsageGroup[];
