/**
 * A target's own limits: calls at the same time, requests a minute, tokens a minute.
 *
 * All three are taken in one step before a request goes out, tokens by an estimate that is an upper bound, and the
 * tokens are corrected to what was really used when it has ended: so none is ever exceeded however many callers come
 * at once (checking first and counting afterwards lets all of them through). Whoever finds no room waits in a queue,
 * first come first served, of at most `queue` callers, no longer than their deadline; one whose room cannot come before
 * it is refused at once. A request bigger than a whole minute's tokens is let through alone, when the minute is empty,
 * rather than never.
 */
import type { TargetLimits as LimitsConfig } from '../../../config/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import { SlidingMinute } from './sliding-minute.ts';

/** A request's place. Given back exactly once, with the tokens that were really used; 0: the provider counted none. */
export interface Ticket {
  release(usedTokens: number): void;
}

/** Why there is no place: the queue is full, or room comes too late. */
export interface Refusal {
  readonly kind: 'refused';
  readonly retryAfterMs: number;
}

/** For callers whose turn depends on when others end, which nobody knows. */
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

  /** Tokens counted in the last minute, those reserved included. */
  tokensInMinute(now: number): number {
    this.#tokens.advance(now);
    return this.#tokens.total;
  }

  /** A place now, before nobody who waits. */
  tryAcquire(tokens: number, now: number): Ticket | undefined {
    if (this.#queue.size > 0) return undefined;
    return this.#acquire(tokens, now);
  }

  /** A place in turn. Rejects with the signal's reason when it aborts, and with `late()` at the deadline. */
  acquire(tokens: number, bounds: CallBounds, late: () => unknown): Promise<Ticket> | Refusal {
    const now = performance.now();
    const waitMs = this.#msUntilRoom(tokens, now);
    if (this.#queue.size >= this.#config.queue) {
      return { kind: 'refused', retryAfterMs: Math.max(waitMs, unknownWaitMs) };
    }
    if (waitMs >= bounds.deadline.remainingMs) return { kind: 'refused', retryAfterMs: waitMs };
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown): void => {
        this.#queue.delete(waiter);
        waiter.clear();
        reject(reason);
        // Whoever was behind may fit where this one did not.
        this.#serve();
      };
      const onAbort = (): void => leave(bounds.signal.reason);
      const timer = setTimeout(() => leave(late()), bounds.deadline.timerMs);
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
      this.#serve();
    });
  }

  #acquire(tokens: number, now: number): Ticket | undefined {
    const { concurrency, tokensPerMinute, requestsPerMinute } = this.#config;
    if (concurrency !== undefined && this.#inFlight >= concurrency) return undefined;
    if (this.#msUntilRoom(tokens, now) > 0) return undefined;
    const reserved = this.#clamped(tokens);
    const bucket = tokensPerMinute === undefined ? 0 : this.#tokens.add(now, reserved);
    if (requestsPerMinute !== undefined) this.#requests.add(now, 1);
    this.#inFlight++;
    let held = true;
    return {
      release: (usedTokens) => {
        if (!held) return;
        held = false;
        this.#inFlight--;
        if (tokensPerMinute !== undefined && usedTokens !== reserved) {
          this.#tokens.correct(performance.now(), bucket, usedTokens - reserved);
        }
        if (this.#queue.size > 0) this.#serve();
      },
    };
  }

  #clamped(tokens: number): number {
    return Math.min(tokens, this.#config.tokensPerMinute ?? tokens);
  }

  #msUntilRoom(tokens: number, now: number): number {
    const { tokensPerMinute, requestsPerMinute } = this.#config;
    let waitMs = 0;
    if (requestsPerMinute !== undefined) waitMs = this.#requests.msUntil(now, 1, requestsPerMinute);
    if (tokensPerMinute !== undefined) {
      waitMs = Math.max(waitMs, this.#tokens.msUntil(now, this.#clamped(tokens), tokensPerMinute));
    }
    return waitMs;
  }

  /** Lets in those at the head of the queue who fit now; sets one timer for when time alone makes room. */
  #serve(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    for (const waiter of this.#queue) {
      const ticket = this.#acquire(waiter.tokens, now);
      if (ticket === undefined) {
        const waitMs = this.#msUntilRoom(waiter.tokens, now);
        // Where only concurrency is in the way, the next release serves.
        if (waitMs > 0) this.#timer = setTimeout(() => this.#serve(), Math.ceil(waitMs) + 1);
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
