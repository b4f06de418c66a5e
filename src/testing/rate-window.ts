/** So many requests per key in each window of time, as providers count them; the rest is told when to come back. */
export interface RateLimit {
  /** How many a key may make in one window. */
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

  /** Milliseconds until the key's window ends where it has used it up, else `undefined`. */
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
