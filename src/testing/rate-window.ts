/** A fixed-window rate limit per key, as providers have it; refused requests are told when to retry. */
export interface RateLimit {
  /** The number of requests of a key per window. */
  readonly requests: number;
  /** The window's length in milliseconds. It begins with a key's first request. */
  readonly perMs: number;
}

interface Window {
  readonly endsAt: number;
  remaining: number;
}

export class RateWindow {
  readonly #limit: RateLimit;
  readonly #windows = new Map<string, Window>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Milliseconds until the key's window ends if it is used up, else `undefined`. */
  refusedForMs(key: string): number | undefined {
    const now = performance.now();
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { endsAt: now + this.#limit.perMs, remaining: this.#limit.requests };
      this.#windows.set(key, window);
    }
    if (window.remaining === 0) return window.endsAt - now;
    window.remaining--;
    return undefined;
  }
}
