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

  get passed(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** The earlier of this deadline and one `milliseconds` from now. */
  within(milliseconds: number): Deadline {
    return new Deadline(Math.min(this.#endsAt, performance.now() + milliseconds));
  }
}
