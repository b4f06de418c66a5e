/**
 * A target's own limits: concurrent calls, requests per minute, tokens per minute.
 *
 * All three are acquired in one synchronous step before a request is sent, tokens by an estimate that is an upper bound;
 * the tokens are corrected to the actual usage when the request has ended. So no limit is exceeded however many callers
 * arrive at once (to check first and count afterwards would let all of them through). A caller that exceeds a limit
 * waits in a FIFO queue of at most `queue` callers, no longer than its deadline; it is refused at once if there cannot
 * be capacity before the deadline. A request that is larger than the tokens of a whole minute is admitted alone, when
 * the window is empty.
 */
import type { TargetLimits as LimitsConfig } from '../../../config/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import { SlidingMinute } from './sliding-minute.ts';

/** A request's admission. Released exactly once, with the tokens actually used; 0: the provider reported none. */
export interface Ticket {
  release(usedTokens: number): void;
}

/** The request is not admitted: the queue is full, or there is no capacity before the deadline. */
export interface Refusal {
  readonly kind: 'refused';
  readonly retryAfterMs: number;
}

/** Reported as `retryAfterMs` if the wait depends on when calls in flight end, which cannot be computed. */
const unknownWaitMs = 1_000;

export class TargetLimits {
  readonly #config: LimitsConfig;
  readonly #requests = new SlidingMinute();
  readonly #tokens = new SlidingMinute();
  readonly #queue = new Set<Waiter>();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(config: LimitsConfig) {
    this.#config = config;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Tokens counted in the last minute, reservations included. */
  tokensInMinute(now: number): number {
    this.#tokens.advance(now);
    return this.#tokens.total;
  }

  /** Admits the request now; `undefined` if a limit is reached or other callers are queued. */
  tryAcquire(tokens: number, now: number): Ticket | undefined {
    if (this.#queue.size > 0) return undefined;
    return this.#acquire(tokens, now);
  }

  /** Admits the request in FIFO order. Rejects with the signal's reason when it aborts, with `timeoutReason()` at the deadline. */
  acquire(tokens: number, bounds: CallBounds, timeoutReason: () => unknown): Promise<Ticket> | Refusal {
    const now = performance.now();
    const waitMs = this.#msUntilCapacity(tokens, now);
    if (this.#queue.size >= this.#config.queue) {
      return { kind: 'refused', retryAfterMs: Math.max(waitMs, unknownWaitMs) };
    }
    if (waitMs >= bounds.deadline.remainingMs) return { kind: 'refused', retryAfterMs: waitMs };
    return new Promise((resolve, reject) => {
      const dequeue = (reason: unknown): void => {
        this.#queue.delete(waiter);
        waiter.clear();
        reject(reason);
        // A smaller request behind this one may fit now.
        this.#admit();
      };
      const onAbort = (): void => dequeue(bounds.signal.reason);
      const timer = setTimeout(() => dequeue(timeoutReason()), bounds.deadline.timerMs);
      const waiter: Waiter = {
        tokens,
        resolve,
        clear: () => {
          clearTimeout(timer);
          bounds.signal.removeEventListener('abort', onAbort);
        },
      };
      bounds.signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(waiter);
      this.#admit();
    });
  }

  #acquire(tokens: number, now: number): Ticket | undefined {
    const { concurrency, tokensPerMinute, requestsPerMinute } = this.#config;
    if (concurrency !== undefined && this.#inFlight >= concurrency) return undefined;
    if (this.#msUntilCapacity(tokens, now) > 0) return undefined;
    const reserved = this.#clamped(tokens);
    const bucket = tokensPerMinute === undefined ? 0 : this.#tokens.add(now, reserved);
    if (requestsPerMinute !== undefined) this.#requests.add(now, 1);
    this.#inFlight++;
    let isReleased = false;
    return {
      release: (usedTokens) => {
        if (isReleased) return;
        isReleased = true;
        this.#inFlight--;
        if (tokensPerMinute !== undefined && usedTokens !== reserved) {
          this.#tokens.correct(performance.now(), bucket, usedTokens - reserved);
        }
        if (this.#queue.size > 0) this.#admit();
      },
    };
  }

  #clamped(tokens: number): number {
    return Math.min(tokens, this.#config.tokensPerMinute ?? tokens);
  }

  #msUntilCapacity(tokens: number, now: number): number {
    const { tokensPerMinute, requestsPerMinute } = this.#config;
    let waitMs = 0;
    if (requestsPerMinute !== undefined) waitMs = this.#requests.msUntil(now, 1, requestsPerMinute);
    if (tokensPerMinute !== undefined) {
      waitMs = Math.max(waitMs, this.#tokens.msUntil(now, this.#clamped(tokens), tokensPerMinute));
    }
    return waitMs;
  }

  /** Admits callers from the head of the queue while they fit; sets one timer for when the window has capacity again. */
  #admit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    for (const waiter of this.#queue) {
      const ticket = this.#acquire(waiter.tokens, now);
      if (ticket === undefined) {
        const waitMs = this.#msUntilCapacity(waiter.tokens, now);
        // If only concurrency is exhausted, the next release admits the caller.
        if (waitMs > 0) this.#timer = setTimeout(() => this.#admit(), Math.ceil(waitMs) + 1);
        return;
      }
      this.#queue.delete(waiter);
      waiter.clear();
      waiter.resolve(ticket);
    }
  }
}

interface Waiter {
  readonly tokens: number;
  readonly resolve: (ticket: Ticket) => void;
  readonly clear: () => void;
}
