/**
 * A circuit breaker: after several consecutive failures no calls are made to the store for a while, so that requests do
 * not wait for it. Then one probe is sent; its success closes the breaker, its failure opens it again.
 */
export interface BreakerOptions {
  /** The number of consecutive failures that open it. */
  readonly failures: number;
  /** How long it stays open before a probe, in milliseconds. */
  readonly breakerSleepMs: number;
  /** Called when it opens, and when it closes again. */
  readonly onChange: (open: boolean) => void;
}

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'half_open' };

const closed: State = { kind: 'closed', failures: 0 };

export class Breaker {
  readonly #options: BreakerOptions;
  #state: State = closed;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return this.#state.kind !== 'closed';
  }

  /** Whether a call may be made now; when the breaker is half-open, one call is admitted as the probe. */
  admit(): boolean {
    const state = this.#state;
    if (state.kind === 'closed') return true;
    if (state.kind === 'half_open' || performance.now() < state.until) return false;
    this.#state = { kind: 'half_open' };
    return true;
  }

  succeeded(): void {
    const state = this.#state;
    // A call from before it opened that succeeds late is no news.
    if (state === closed || state.kind === 'open') return;
    this.#state = closed;
    if (state.kind === 'half_open') this.#options.onChange(false);
  }

  failed(): void {
    const state = this.#state;
    if (state.kind === 'open') return;
    const failures = state.kind === 'closed' ? state.failures + 1 : this.#options.failures;
    if (failures < this.#options.failures) {
      this.#state = { kind: 'closed', failures };
      return;
    }
    this.#state = { kind: 'open', until: performance.now() + this.#options.breakerSleepMs };
    if (state.kind === 'closed') this.#options.onChange(true);
  }
}
