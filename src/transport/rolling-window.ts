/**
 * Counts events of the last `windowMs` in ten buckets that are overwritten as time goes on: constant memory, constant
 * cost, no timer. A count is forgotten between nine and ten tenths of the window after it was made.
 */
const bucketCount = 10;

export class RollingWindow {
  /** Everything counted in the window. */
  total = 0;
  /** Those of them that were marked: the failures, the retries. */
  marked = 0;
  readonly #bucketMs: number;
  readonly #totals = new Uint32Array(bucketCount);
  readonly #marks = new Uint32Array(bucketCount);
  #current = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / bucketCount;
  }

  /** Counts `total` events at `now`, `marked` of them marked; with zeros it only forgets what is too old. */
  add(now: number, total: number, marked: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket > this.#current) this.#forget(bucket);
    const index = bucket % bucketCount;
    this.#totals[index] = (this.#totals[index] ?? 0) + total;
    this.#marks[index] = (this.#marks[index] ?? 0) + marked;
    this.total += total;
    this.marked += marked;
  }

  clear(): void {
    this.#totals.fill(0);
    this.#marks.fill(0);
    this.total = 0;
    this.marked = 0;
  }

  #forget(bucket: number): void {
    if (bucket - this.#current >= bucketCount) this.clear();
    else {
      for (let stale = this.#current + 1; stale <= bucket; stale++) {
        const index = stale % bucketCount;
        this.total -= this.#totals[index] ?? 0;
        this.marked -= this.#marks[index] ?? 0;
        this.#totals[index] = 0;
        this.#marks[index] = 0;
      }
    }
    this.#current = bucket;
  }
}
