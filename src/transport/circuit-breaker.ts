/**
 * Leaves a failing URL alone for a while, so that callers are answered at once and it can recover.
 *
 * Closed, it counts; at `thresholdPercent` failures among at least `minRequests` in the window it opens. Open, nothing
 * is let through for `sleepMs`; then exactly one request is (half-open): its success closes the breaker, its failure
 * opens it again. A request that its client left says nothing about the URL and is `neutral`.
 *
 * The breakers of one topic, in all workers, follow each other: one that opens opens the others, while one sends its
 * request the others stay open, and one that closes closes them. Each counts for itself.
 */
import type { BreakerConfig } from '../config/index.ts';
import type { Signals } from '../signals/index.ts';
import { RollingWindow } from './rolling-window.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** What a request says about the URL it went to. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** What the breakers of other workers that are for the same URL publish and hear. */
export interface BreakerShare {
  readonly signals: Signals;
  readonly topic: string;
}

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'half-open' };

const closed: State = { kind: 'closed' };
const halfOpen: State = { kind: 'half-open' };

export class CircuitBreaker {
  readonly #config: BreakerConfig;
  readonly #onChange: (state: BreakerState) => void;
  readonly #window: RollingWindow;
  readonly #share: BreakerShare | undefined;
  readonly #unsubscribe: (() => void) | undefined;
  #state: State = closed;

  /** @param onChange called with its own changes, not with those it follows */
  constructor(config: BreakerConfig, onChange: (state: BreakerState) => void, share?: BreakerShare) {
    this.#config = config;
    this.#onChange = onChange;
    this.#window = new RollingWindow(config.windowMs);
    this.#share = share;
    this.#unsubscribe = share?.signals.subscribe(share.topic, (state) => this.#follow(state));
  }

  get state(): BreakerState {
    return this.#state.kind;
  }

  /** Whether a request may go out now: freely, as the one that tries whether the URL is well again, or not at all. */
  readiness(now: number): 'ready' | 'probe' | 'open' {
    if (this.#state.kind === 'closed') return 'ready';
    return this.#state.kind === 'open' && now >= this.#state.until ? 'probe' : 'open';
  }

  /** Milliseconds until a request is let through. */
  openForMs(now: number): number {
    return this.#state.kind === 'open' ? Math.max(0, this.#state.until - now) : 0;
  }

  /** Follows no others any more. */
  close(): void {
    this.#unsubscribe?.();
  }

  /** Takes the one place of the half-open state. */
  beginProbe(): void {
    this.#change(halfOpen);
  }

  /** @param probe whether the request had taken that place */
  record(verdict: Verdict, probe: boolean, now: number): void {
    if (probe) this.#endProbe(verdict, now);
    else if (this.#state.kind === 'closed' && verdict !== 'neutral') this.#count(verdict, now);
    // What was sent before the breaker opened and ends after it says nothing new.
  }

  #count(verdict: Verdict, now: number): void {
    const window = this.#window;
    window.add(now, 1, verdict === 'failure' ? 1 : 0);
    if (verdict === 'success' || window.total < this.#config.minRequests) return;
    if (window.marked * 100 >= window.total * this.#config.thresholdPercent) this.#open(now + this.#config.sleepMs);
  }

  #endProbe(verdict: Verdict, now: number): void {
    if (verdict === 'success') {
      this.#window.clear();
      this.#change(closed);
    } else this.#open(verdict === 'failure' ? now + this.#config.sleepMs : now);
  }

  #open(until: number): void {
    this.#change({ kind: 'open', until });
  }

  #change(state: State): void {
    this.#state = state;
    this.#onChange(state.kind);
    this.#share?.signals.publish(this.#share.topic, state.kind);
  }

  /** Another worker's breaker changed. */
  #follow(state: unknown): void {
    // This one's own request decides.
    if (this.#state.kind === 'half-open') return;
    if (state === 'closed') {
      this.#window.clear();
      this.#state = closed;
    } else if (state === 'open' || (state === 'half-open' && this.#state.kind === 'open')) {
      this.#state = { kind: 'open', until: performance.now() + this.#config.sleepMs };
    }
  }
}
