/**
 * What is counted of the generation that serves and of the canary beside it, in memory that all threads share: requests,
 * failures, times, dollars and answers of models that were not valid. A request adds to it without a lock.
 */

export type CanarySide = 'serving' | 'canary';

/** Of one generation, since the canary began. */
export interface Tally {
  readonly requests: number;
  /** By more than a mistake of the client's, or because the schema does not have what was asked for. */
  readonly failed: number;
  /** Requests that called a model, and what those calls cost. */
  readonly aiRequests: number;
  readonly nanoUsd: number;
  /** Values of AI fields, and those that failed. */
  readonly aiItems: number;
  readonly aiFailed: number;
  /** The time that so large a share of the requests took no longer than, in milliseconds; 0 where there are none. */
  percentileMs(share: number): number;
}

export interface CanaryObservation {
  readonly ms: number;
  readonly failed: boolean;
  readonly calledModels: boolean;
  readonly nanoUsd: number;
  readonly aiItems: number;
  readonly aiFailed: number;
}

const sums = ['requests', 'failed', 'aiRequests', 'nanoUsd', 'aiItems', 'aiFailed'] as const;
type Sum = (typeof sums)[number];

/** Times from a quarter of a millisecond to a minute, each a fifth longer than the one before. */
const buckets = 72;
const shortestMs = 0.25;
const bucketsPerDoubling = 4;

const cellsOfSide = sums.length + buckets;
const sides: readonly CanarySide[] = ['serving', 'canary'];

export class CanaryTallies {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(sides.length * cellsOfSide * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new BigInt64Array(buffer);
  }

  add(side: CanarySide, { ms, failed, calledModels, nanoUsd, aiItems, aiFailed }: CanaryObservation): void {
    this.#add(side, 'requests', 1);
    if (failed) this.#add(side, 'failed', 1);
    if (calledModels) this.#add(side, 'aiRequests', 1);
    if (nanoUsd > 0) this.#add(side, 'nanoUsd', nanoUsd);
    if (aiItems > 0) this.#add(side, 'aiItems', aiItems);
    if (aiFailed > 0) this.#add(side, 'aiFailed', aiFailed);
    Atomics.add(this.#cells, offsetOf(side) + sums.length + bucketOf(ms), 1n);
  }

  /** As it is at the moment. */
  read(side: CanarySide): Tally {
    const of = (sum: Sum): number => Number(Atomics.load(this.#cells, cellOf(side, sum)));
    const from = offsetOf(side) + sums.length;
    const counts = Array.from({ length: buckets }, (_, bucket) => Number(Atomics.load(this.#cells, from + bucket)));
    return {
      requests: of('requests'),
      failed: of('failed'),
      aiRequests: of('aiRequests'),
      nanoUsd: of('nanoUsd'),
      aiItems: of('aiItems'),
      aiFailed: of('aiFailed'),
      percentileMs: (share) => percentileOf(counts, share),
    };
  }

  /** For the next canary. */
  clear(): void {
    for (let cell = 0; cell < this.#cells.length; cell++) Atomics.store(this.#cells, cell, 0n);
  }

  #add(side: CanarySide, sum: Sum, amount: number): void {
    Atomics.add(this.#cells, cellOf(side, sum), BigInt(Math.round(amount)));
  }
}

function offsetOf(side: CanarySide): number {
  return sides.indexOf(side) * cellsOfSide;
}

function cellOf(side: CanarySide, sum: Sum): number {
  return offsetOf(side) + sums.indexOf(sum);
}

function bucketOf(ms: number): number {
  const bucket = Math.ceil(bucketsPerDoubling * Math.log2(Math.max(ms, shortestMs) / shortestMs));
  return Math.min(buckets - 1, bucket);
}

function percentileOf(counts: readonly number[], share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  let passed = 0;
  const bucket = counts.findIndex((count) => {
    passed += count;
    return passed >= share * total;
  });
  return shortestMs * 2 ** (bucket / bucketsPerDoubling);
}
