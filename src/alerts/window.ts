/**
 * What has happened in the last minutes, from sums of whole hours that grow: the sums of now without those of when the window
 * began. Sums of an earlier hour do not change any more, so of that moment only those of its own hour are kept.
 */

import type { AlertMeasure } from '../config/index.ts';
import { hourMs, nanoPerUsd, unreachable } from '../lib/index.ts';
import { type DurationBuckets, quantile } from '../observability/records/index.ts';

/** What is summed of a group, such as one model. */
export interface Sums {
  readonly count: number;
  readonly errors: number;
  readonly nanoUsd: bigint;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durations: DurationBuckets;
}

/** By the group's name; empty where there is one group. */
export type SumsByGroup = ReadonlyMap<string, Sums>;

interface Moment {
  readonly at: number;
  readonly sums: SumsByGroup;
}

/** Its beginning is as exact as one part in so many. */
const momentsOfWindow = 60;

export class Window {
  readonly #overMs: number;
  /** In the order of time, the first of them at the window's beginning or before; a bounded number, however often it moves. */
  #moments: Moment[] = [];

  constructor(overMs: number) {
    this.#overMs = overMs;
  }

  /** From which hour on sums are needed: that in which the window begins. */
  firstHour(now: number): number {
    const begin = this.#moments.findLastIndex(({ at }) => at <= now - this.#overMs);
    if (begin > 0) this.#moments = this.#moments.slice(begin);
    return hourOf(this.#moments[0]?.at ?? now);
  }

  /**
   * @param hours the sums of each hour since `firstHour(now)`
   * @returns what has happened since the window began, or since the first call; undefined at that
   */
  move(now: number, hours: ReadonlyMap<number, SumsByGroup>): SumsByGroup | undefined {
    const [begin] = this.#moments;
    const last = this.#moments.at(-1);
    const since = begin === undefined ? undefined : difference(hours, hourOf(begin.at), begin.sums);
    if (last === undefined || now - last.at >= this.#overMs / momentsOfWindow)
      this.#moments.push({ at: now, sums: hours.get(hourOf(now)) ?? new Map() });
    return since;
  }
}

const hourOf = (at: number): number => Math.floor(at / hourMs) * hourMs;

function difference(hours: ReadonlyMap<number, SumsByGroup>, firstHour: number, before: SumsByGroup): SumsByGroup {
  const total = new Map<string, Sums>();
  for (const [hour, groups] of hours) {
    for (const [name, sums] of groups) {
      const earlier = hour === firstHour ? before.get(name) : undefined;
      total.set(name, addSums(total.get(name), earlier === undefined ? sums : addSums(sums, earlier, -1)));
    }
  }
  return total;
}

export function addSums(one: Sums | undefined, other: Sums, sign: 1 | -1 = 1): Sums {
  const durations: DurationBuckets = new Map(one?.durations);
  for (const [bucket, count] of other.durations) durations.set(bucket, (durations.get(bucket) ?? 0) + sign * count);
  return {
    count: (one?.count ?? 0) + sign * other.count,
    errors: (one?.errors ?? 0) + sign * other.errors,
    nanoUsd: (one?.nanoUsd ?? 0n) + BigInt(sign) * other.nanoUsd,
    inputTokens: (one?.inputTokens ?? 0) + sign * other.inputTokens,
    outputTokens: (one?.outputTokens ?? 0) + sign * other.outputTokens,
    durations,
  };
}

/** @returns a share, milliseconds, a number, or US dollars */
export function measured(measure: AlertMeasure, { count, errors, nanoUsd, durations, ...tokens }: Sums): number {
  switch (measure) {
    case 'error_rate':
      return count === 0 ? 0 : errors / count;
    case 'p50':
      return quantile(durations, 0.5);
    case 'p95':
      return quantile(durations, 0.95);
    case 'p99':
      return quantile(durations, 0.99);
    case 'count':
      return count;
    case 'tokens':
      return tokens.inputTokens + tokens.outputTokens;
    case 'usd':
      return Number(nanoUsd) / nanoPerUsd;
    case 'usd_per_call':
      return count === 0 ? 0 : Number(nanoUsd) / count / nanoPerUsd;
    default:
      return unreachable(measure);
  }
}

/** Whether the measure grows with the length of its window. */
export function isTotal(measure: AlertMeasure): boolean {
  return measure === 'count' || measure === 'tokens' || measure === 'usd';
}
