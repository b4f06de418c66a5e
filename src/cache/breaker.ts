/**
 * A circuit breaker: after several consecutive failures no calls are made to the store for a while, so that requests do
 * not wait for it. Then one probe is sent; its success closes the breaker, its failure opens it again.
 */
export interface BreakerOptions {
  /** How many failures in a row open it. */
  readonly failures: number;
  /** How long it is left alone. */
  readonly restMs: number;
  /** Told when it opens, and when it closes again. */
  readonly onChange: (open: boolean) => void;
}

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'trying' };

const well: State = { kind: 'closed', failures: 0 };

export class Breaker {
  readonly #options: BreakerOptions;
  #state: State = well;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return this.#state.kind !== 'closed';
  }

  /** Whether a call may go out now; takes the one place of the call that tries. */
  admit(): boolean {
    const state = this.#state;
    if (state.kind === 'closed') return true;
    if (state.kind === 'trying' || performance.now() < state.until) return false;
    this.#state = { kind: 'trying' };
    return true;
  }

  succeeded(): void {
    const state = this.#state;
    // A call from before it opened that succeeds late says nothing new.
    if (state === well || state.kind === 'open') return;
    this.#state = well;
    if (state.kind === 'trying') this.#options.onChange(false);
  }

  failed(): void {
    const state = this.#state;
    if (state.kind === 'open') return;
    const failures = state.kind === 'closed' ? state.failures + 1 : this.#options.failures;
    if (failures < this.#options.failures) {
      this.#state = { kind: 'closed', failures };
      return;
    }
    this.#state = { kind: 'open', until: performance.now() + this.#options.restMs };
    if (state.kind === 'closed') this.#options.onChange(true);
  }
}
