/**
 * Histograms of durations that can be added up: each bucket ends 4 % above the one before, so a quantile is at most 2 % off
 * (the buckets of DDSketch, https://arxiv.org/abs/1908.10693). From 0.01 ms to 24 days; what is beyond is in the last ones.
 */

const growth = 1.04;
const smallestMs = 0.01;
const lastBucket = 660;
const scale = 1 / Math.log(growth);

/** How far a quantile may be from the true one, as a part of it. */
export const quantileError = 0.02;

/** How many durations are in a bucket, by its number. */
export type DurationBuckets = Map<number, number>;

export function bucketOf(milliseconds: number): number {
  if (!(milliseconds > smallestMs)) return 0;
  return Math.min(lastBucket, Math.ceil(Math.log(milliseconds / smallestMs) * scale));
}

export function addBuckets(to: DurationBuckets, from: Iterable<readonly [number, number]>): void {
  for (const [bucket, count] of from) to.set(bucket, (to.get(bucket) ?? 0) + count);
}

/** @param share such as 0.99 @returns milliseconds; 0 where there is none */
export function quantile(buckets: DurationBuckets, share: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, of]) => sum + of, 0);
  let rank = Math.max(1, Math.ceil(share * count));
  for (const [bucket, of] of sorted) {
    rank -= of;
    if (rank <= 0) return middleOf(bucket);
  }
  return 0;
}

/** The value that is equally far, as a part of it, from both ends. */
function middleOf(bucket: number): number {
  return bucket === 0 ? smallestMs : (smallestMs * growth ** bucket * 2) / (growth + 1);
}

/** As text: `12:5,13:1`. */
export function formatBuckets(buckets: DurationBuckets): string {
  let text = '';
  for (const [bucket, count] of buckets) text += `${text === '' ? '' : ','}${bucket}:${count}`;
  return text;
}

export function parseBuckets(text: string): readonly (readonly [number, number])[] {
  if (text === '') return [];
  return text.split(',').map((pair) => {
    const [bucket, count] = pair.split(':');
    return [Number(bucket), Number(count)] as const;
  });
}
