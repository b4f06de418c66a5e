/**
 * A target's health: its circuit breaker, calls in flight, latency, and until when it cools down. The breaker's state and
 * the cool-down reach the other workers; calls in flight and latency are this worker's.
 */
import type { BreakerConfig } from '../../../config/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { Signals } from '../../../signals/index.ts';
import { CircuitBreaker, type Verdict } from '../../../transport/index.ts';
import type { FailureKind } from '../../model-call/index.ts';

/** The weight of the newest call in the moving average: a target that becomes slow is noticed within a few calls. */
const latencySmoothing = 0.2;

export interface TargetHealthOptions {
  readonly breaker: BreakerConfig;
  readonly signals: Signals;
  /** Called with the changes of this worker's breaker, not with those that it follows. */
  readonly onBreakerChange: (reference: string, state: string) => void;
}

export class TargetHealth {
  inFlight = 0;
  /** Milliseconds to the first output, a moving average; `undefined`: no call has succeeded yet. */
  latencyMs: number | undefined;
  readonly #breaker: CircuitBreaker;
  readonly #signals: Signals;
  readonly #coolDownTopic: string;
  readonly #unsubscribe: () => void;
  #coolUntil = 0;

  constructor(reference: string, options: TargetHealthOptions) {
    const { breaker, signals, onBreakerChange } = options;
    const topic = `model breaker ${reference}`;
    this.#breaker = new CircuitBreaker(breaker, (state) => onBreakerChange(reference, state), { signals, topic });
    this.#signals = signals;
    this.#coolDownTopic = `model cool-down ${reference}`;
    this.#unsubscribe = signals.subscribe(this.#coolDownTopic, (milliseconds) => {
      if (typeof milliseconds === 'number') this.#coolFor(milliseconds);
    });
  }

  readiness(now: number): 'ready' | 'probe' | 'open' {
    return this.#breaker.readiness(now);
  }

  /** Milliseconds until the breaker lets a probe through. */
  openForMs(now: number): number {
    return this.#breaker.openForMs(now);
  }

  /** @returns whether this call is the probe of a half-open breaker */
  begin(now: number): boolean {
    this.inFlight++;
    const probe = this.#breaker.readiness(now) === 'probe';
    if (probe) this.#breaker.beginProbe();
    return probe;
  }

  end(verdict: Verdict, probe: boolean, now: number): void {
    this.inFlight--;
    this.#breaker.record(verdict, probe, now);
  }

  observeLatency(milliseconds: number): void {
    const before = this.latencyMs;
    this.latencyMs = before === undefined ? milliseconds : before + (milliseconds - before) * latencySmoothing;
  }

  /** The provider sent `retry-after` or a similar hint: other targets are preferred for so long. */
  coolDown(milliseconds: number): void {
    this.#coolFor(milliseconds);
    this.#signals.publish(this.#coolDownTopic, milliseconds);
  }

  /** Follows the other workers no more. */
  close(): void {
    this.#breaker.close();
    this.#unsubscribe();
  }

  isCooling(now: number): boolean {
    return now < this.#coolUntil;
  }

  #coolFor(milliseconds: number): void {
    this.#coolUntil = Math.max(this.#coolUntil, performance.now() + milliseconds);
  }
}

/** How the breaker counts a failure of this kind: as a failure of the target, or not at all. */
export function verdictOf(kind: FailureKind): Verdict {
  switch (kind) {
    case 'timeout':
    case 'connection':
    case 'server_error':
    case 'overloaded':
    case 'malformed':
    case 'stream_incomplete':
      return 'failure';
    case 'rate_limited':
    case 'unauthorized':
    case 'quota_exhausted':
    case 'not_found':
    case 'invalid_request':
    case 'unsupported_value':
    case 'unsupported':
    case 'context_window':
    case 'content_policy':
      return 'neutral';
    default:
      return unreachable(kind);
  }
}
