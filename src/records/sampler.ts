/**
 * Which operations are kept where more come than may be: of each group of so many one, at random, which stands for all of them.
 * So the weights of what is kept add up to what came, within the size of a group. The groups are of the size that the last
 * second calls for; where many more come at once, the size doubles with each second's worth that has been kept.
 */
export class Sampler {
  readonly #rate: number;
  readonly #random: () => number;
  #size = 1;
  #second = Number.NEGATIVE_INFINITY;
  /** Of this second. */
  #seenCount = 0;
  #passedCount = 0;
  /** Of the current group: its size, how many are to come, and which one is kept. */
  #groupSize = 1;
  #remaining = 0;
  #chosen = 0;

  /** @param rate how many a second are all kept */
  constructor(rate: number, random: () => number = Math.random) {
    this.#rate = rate;
    this.#random = random;
  }

  /** @param now in milliseconds @returns how many it stands for; 0: it is not kept */
  weigh(now: number): number {
    if (now - this.#second >= 1_000) this.#beginSecond(now);
    this.#seenCount++;
    if (this.#remaining === 0) {
      this.#groupSize = this.#size;
      this.#remaining = this.#size;
      this.#chosen = this.#size === 1 ? 0 : Math.floor(this.#random() * this.#size);
    }
    const isChosen = this.#groupSize - this.#remaining-- === this.#chosen;
    if (!isChosen) return 0;
    if (++this.#passedCount >= this.#rate) {
      this.#size *= 2;
      this.#passedCount = 0;
    }
    return this.#groupSize;
  }

  #beginSecond(now: number): void {
    const seconds = (now - this.#second) / 1_000;
    this.#size = Math.max(1, Math.ceil(this.#seenCount / seconds / this.#rate));
    // A large group would last long where fewer come: on average as many are counted twice as are not counted.
    if (this.#size < this.#groupSize) this.#remaining = 0;
    this.#second = now;
    this.#seenCount = 0;
    this.#passedCount = 0;
  }
}
