/**
 * Whether an alert fires: once its measure has been above the threshold for as long as the rule says, until it has been below a
 * part of it for as long. Between the two, nothing changes.
 */
export class AlertState {
  readonly #forMs: number;
  isFiring = false;
  /** Since when it is on the other side; undefined where it is not. */
  #since: number | undefined;

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  /** @returns whether it has begun or ended with this */
  move(
    value: number,
    { now, begin, end }: { readonly now: number; readonly begin: number; readonly end: number },
  ): boolean {
    const isOver = this.isFiring ? value < end || value === 0 : value > begin;
    if (!isOver) {
      this.#since = undefined;
      return false;
    }
    this.#since ??= now;
    if (now - this.#since < this.#forMs) return false;
    this.#since = undefined;
    this.isFiring = !this.isFiring;
    return true;
  }

  /** Nothing is known of it: neither side is held. */
  get isIdle(): boolean {
    return !this.isFiring && this.#since === undefined;
  }
}
