/** The longest time a timer can be set to; beyond it Node fires at once. */
export const longestTimerMs = 2_147_483_647;

/**
 * A point in monotonic time by which something must have ended, handed down through every call that waits.
 * Wall-clock jumps do not move it.
 */
export class Deadline {
  readonly #endsAt: number;

  private constructor(endsAt: number) {
    this.#endsAt = endsAt;
  }

  /** A deadline `milliseconds` from now. */
  static in(milliseconds: number): Deadline {
    return new Deadline(performance.now() + milliseconds);
  }

  /** Milliseconds left; never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /** What a timer is set to that fires when this has passed: one may fire up to a millisecond early. */
  get timerMs(): number {
    return Math.min(Math.ceil(this.remainingMs) + 1, longestTimerMs);
  }

  get passed(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** The earlier of this deadline and one `milliseconds` from now. */
  within(milliseconds: number): Deadline {
    return new Deadline(Math.min(this.#endsAt, performance.now() + milliseconds));
  }
}
