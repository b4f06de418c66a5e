/**
 * A sliding window in 62 numbers of any array: the newest step, then 61 buckets that are overwritten as time goes on.
 * One bucket more than a window has steps, because the oldest is only partly past: what is counted is never too little.
 * The sum is not stored, so a writer that dies between two numbers leaves nothing wrong.
 */
const steps = 60;
const bucketCount = steps + 1;

export const slidingWords = 1 + bucketCount;

/** Forgets what is too old. @returns the step of `now`, or the newest where a later one was written already */
function advance(words: Float64Array, offset: number, nowMs: number, windowMs: number): number {
  const step = Math.floor((nowMs * steps) / windowMs);
  const newest = words[offset] ?? 0;
  if (step <= newest) return newest;
  const first = offset + 1;
  if (step - newest >= bucketCount) words.fill(0, first, first + bucketCount);
  else for (let stale = newest + 1; stale <= step; stale++) words[first + (stale % bucketCount)] = 0;
  words[offset] = step;
  return step;
}

export function slidingTotal(words: Float64Array, offset: number, nowMs: number, windowMs: number): number {
  advance(words, offset, nowMs, windowMs);
  let total = 0;
  const end = offset + slidingWords;
  for (let index = offset + 1; index < end; index++) total += words[index] ?? 0;
  return total;
}

/** Steps from before the clock's beginning are negative: amounts of before a restart. */
function placeOf(step: number): number {
  const place = step % bucketCount;
  return place < 0 ? place + bucketCount : place;
}

/** Where an amount of `atMs` is counted; -1: it is forgotten. */
export function slidingBucket(
  words: Float64Array,
  offset: number,
  nowMs: number,
  windowMs: number,
  atMs: number,
): number {
  const newest = advance(words, offset, nowMs, windowMs);
  const step = atMs >= nowMs ? newest : Math.floor((atMs * steps) / windowMs);
  if (newest - step >= bucketCount) return -1;
  return offset + 1 + placeOf(step);
}

/** Milliseconds until `amount` more fits below `max`. */
export function slidingRoomInMs(
  words: Float64Array,
  offset: number,
  nowMs: number,
  windowMs: number,
  amount: number,
  max: number,
): number {
  const newest = advance(words, offset, nowMs, windowMs);
  let remaining = slidingTotal(words, offset, nowMs, windowMs);
  for (let step = newest - bucketCount + 1; step <= newest; step++) {
    remaining -= words[offset + 1 + placeOf(step)] ?? 0;
    if (remaining + amount <= max) return Math.max(0, ((step + bucketCount) * windowMs) / steps - nowMs);
  }
  return (bucketCount * windowMs) / steps;
}
