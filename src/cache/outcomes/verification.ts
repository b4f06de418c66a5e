/** Which hits are compared with their source (`cache.verify`): a share of them, a few at once. */

const maxAtOnce = 2;

export class Verification {
  readonly #share: number;
  readonly #random: () => number;
  #running = 0;

  /** @param share of hits, from 0 to 1 */
  constructor(share: number, random: () => number = Math.random) {
    this.#share = share;
    this.#random = random;
  }

  /** Whether this hit is one of those. */
  draw(): boolean {
    return this.#share > 0 && this.#running < maxAtOnce && this.#random() < this.#share;
  }

  /** Compares a hit that was drawn; whatever fails says nothing of the cache. */
  run(compare: () => Promise<void>): void {
    if (this.#running >= maxAtOnce) return;
    this.#running++;
    compare()
      .catch(() => undefined)
      .finally(() => this.#running--);
  }
}
