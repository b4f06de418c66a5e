/** The maximum delay of a timer; above it Node fires at once. */
export const longestTimerMs = 2_147_483_647;

/**
 * A point in monotonic time, passed to every call that waits. Independent of changes of the wall clock.
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

  /** The remaining milliseconds; never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  get passed(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** The earlier of this deadline and one `milliseconds` from now. */
  within(milliseconds: number): Deadline {
    return new Deadline(Math.min(this.#endsAt, performance.now() + milliseconds));
  }
}
