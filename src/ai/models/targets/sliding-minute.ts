/**
 * A sliding-window counter of the last minute: a limit holds in every interval of sixty seconds, not only in calendar
 * minutes. One bucket per second in a ring buffer: constant memory, constant cost. A bucket counts until all of it is
 * more than a minute old, so the total is never too low.
 */
const bucketMs = 1_000;
/** One more than there are seconds in a minute: the oldest bucket has only partly expired. */
const bucketCount = 61;

export class SlidingMinute {
  total = 0;
  readonly #amounts = new Float64Array(bucketCount);
  #current = 0;

  /** Drops expired buckets. @returns the bucket of `now`, for `correct` */
  advance(now: number): number {
    const bucket = Math.floor(now / bucketMs);
    if (bucket > this.#current) {
      if (bucket - this.#current >= bucketCount) {
        this.#amounts.fill(0);
        this.total = 0;
      } else {
        for (let stale = this.#current + 1; stale <= bucket; stale++) {
          const index = stale % bucketCount;
          this.total -= this.#amounts[index] ?? 0;
          this.#amounts[index] = 0;
        }
      }
      this.#current = bucket;
    }
    return bucket;
  }

  /** @returns the bucket that the amount was added to */
  add(now: number, amount: number): number {
    const bucket = this.advance(now);
    this.#put(bucket, amount);
    return bucket;
  }

  /** Adds `change`, which may be negative, to `bucket`; does nothing if the bucket has expired. */
  correct(now: number, bucket: number, change: number): void {
    if (this.advance(now) - bucket < bucketCount) this.#put(bucket, change);
  }

  /** Milliseconds until `amount` more fits within `limit`; 0: now. `amount` must be at most `limit`. */
  msUntil(now: number, amount: number, limit: number): number {
    const newest = this.advance(now);
    let remaining = this.total;
    if (remaining + amount <= limit) return 0;
    for (let bucket = newest - bucketCount + 1; bucket <= newest; bucket++) {
      if (bucket < 0) continue;
      remaining -= this.#amounts[bucket % bucketCount] ?? 0;
      if (remaining + amount <= limit) return (bucket + bucketCount) * bucketMs - now;
    }
    return bucketCount * bucketMs;
  }

  #put(bucket: number, change: number): void {
    const index = bucket % bucketCount;
    this.#amounts[index] = (this.#amounts[index] ?? 0) + change;
    this.total += change;
  }
}
