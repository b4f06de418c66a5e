/** How a target has been doing: its breaker, how busy it is, how fast it answers, how long it asked to be left alone. */
import type { BreakerConfig } from '../../../config/index.ts';
import { unreachable } from '../../../lib/index.ts';
import { CircuitBreaker, type Verdict } from '../../../transport/index.ts';
import type { FailureKind } from '../../model-call/index.ts';

/** The newest call counts for a fifth: a target that got slow is noticed within a few calls. */
const newestShare = 0.2;

export class TargetHealth {
  inFlight = 0;
  /** Milliseconds to the first output of recent calls; `undefined`: none has been answered yet. */
  latencyMs: number | undefined;
  readonly #breaker: CircuitBreaker;
  #coolUntil = 0;
  #opensAgainAt = 0;

  constructor(config: BreakerConfig, onBreakerChange: (state: string) => void) {
    this.#breaker = new CircuitBreaker(config, (state) => {
      if (state === 'open') this.#opensAgainAt = performance.now() + config.sleepMs;
      onBreakerChange(state);
    });
  }

  readiness(now: number): 'ready' | 'probe' | 'shut' {
    return this.#breaker.readiness(now);
  }

  /** Milliseconds until the breaker lets a probe through. */
  shutForMs(now: number): number {
    return Math.max(0, this.#opensAgainAt - now);
  }

  /** @returns whether this call is the one that tries whether the target is well again */
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
    this.latencyMs = before === undefined ? milliseconds : before + (milliseconds - before) * newestShare;
  }

  /** The provider asked to be left alone: other targets come first until then. */
  coolDown(untilMs: number): void {
    this.#coolUntil = Math.max(this.#coolUntil, untilMs);
  }

  isCooling(now: number): boolean {
    return now < this.#coolUntil;
  }
}

/** What a failure says about the target: that it is unwell, that it is well, or nothing. */
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
