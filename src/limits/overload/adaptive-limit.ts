/**
 * How many operations a thread runs at once: as many as it can without falling behind.
 *
 * The measure is how late the event loop is, which is what all requests of a thread wait for; latency would be that of
 * subgraphs and models, which a gateway waits for in any number. Of each period the least lateness counts: a loop that was
 * on time once has no standing queue, whatever a burst or a garbage collection delayed (CoDel, RFC 8289, section 3.2). The limit
 * follows it by additive increase and multiplicative decrease, as TCP's window (RFC 5681) and Netflix's
 * concurrency-limits do: the increase is the square root, so that small and large limits grow alike.
 */
export interface AdaptiveLimitOptions {
  /** The most operations at once. */
  readonly max: number;
  /** The lateness above which it falls, in milliseconds. */
  readonly targetMs: number;
}

const first = 100;
/** Fewer at once would serve less and not sooner. */
const least = 4;
const decrease = 0.8;

export class AdaptiveLimit {
  #value: number;
  readonly #options: AdaptiveLimitOptions;

  constructor(options: AdaptiveLimitOptions) {
    this.#options = options;
    this.#value = Math.min(first, options.max);
  }

  get value(): number {
    return this.#value;
  }

  /**
   * @param latenessMs the least of the period
   * @param most how many ran at once in the period
   */
  adapt(latenessMs: number, most: number): void {
    const { max, targetMs } = this.#options;
    const value = this.#value;
    // Below what ran, or it would take effect only periods later.
    if (latenessMs > targetMs)
      this.#value = Math.max(Math.min(least, max), Math.floor(Math.min(value, most) * decrease));
    // What is not used says nothing of whether more would do.
    else if (most >= value) this.#value = Math.min(max, value + Math.ceil(Math.sqrt(value)));
  }
}
