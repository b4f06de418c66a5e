/**
 * A target's own limits: concurrent calls, requests per minute, tokens per minute.
 *
 * All three are acquired in one step of the counters before a request is sent, tokens by an estimate that is an upper
 * bound; the tokens are corrected to the actual usage when the request has ended. So no limit is exceeded however many
 * callers arrive at once, in however many workers that share the counters. A caller that exceeds a limit waits in a queue,
 * no longer than its deadline; at most `queue` callers of all workers wait. It is refused at once if there cannot be
 * capacity before the deadline. A request that is larger than the tokens of a whole minute is admitted alone, when the
 * window is empty.
 *
 * A worker's queue is first in, first out. Where callers of other workers wait too, a worker whose call ends leaves the
 * place to them for a moment: otherwise a busy worker would hand its places on to its own callers for good.
 */
import type { TargetLimits as LimitsConfig } from '../../../config/index.ts';
import type { CounterChange, CounterOutcome, LocalCounters } from '../../../counters/index.ts';
import { addAbortListener, CallbackEntry, removeAbortListener, stableHash, timerWheel } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';

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
/** How long a place is left to the callers of other workers: a few times what it takes to wake them. */
const yieldMs = 2;
const minute = { kind: 'sliding', ms: 60_000 } as const;

export class TargetLimits {
  readonly #config: LimitsConfig;
  readonly #counters: LocalCounters;
  /** Keys of the counters; the same for the targets of all workers that share these limits. */
  readonly #calls: string;
  readonly #requests: string;
  readonly #tokens: string;
  readonly #waiting: string;
  readonly #queue = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;
  /** When the window has room for the first of the queue. */
  #roomAt = 0;
  #isReleasing = false;
  #stopListening: (() => void) | undefined;

  constructor(reference: string, config: LimitsConfig, counters: LocalCounters) {
    this.#config = config;
    this.#counters = counters;
    const name = `limits ${stableHash([reference, config]).slice(0, 32)}`;
    this.#calls = `${name} calls`;
    this.#requests = `${name} requests`;
    this.#tokens = `${name} tokens`;
    this.#waiting = `${name} waiting`;
  }

  /** Calls in flight, of all workers, where concurrency is limited. */
  get inFlight(): number {
    return this.#counters.amount(this.#calls);
  }

  /** Queued callers of this worker. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Tokens counted in the last minute, reservations included. */
  get tokensInMinute(): number {
    return this.#counters.amount(this.#tokens, minute);
  }

  /** Admits the request now; `undefined` if a limit is reached or other callers are queued. */
  tryAcquire(tokens: number): Ticket | undefined {
    if (this.#queue.size > 0 || this.#othersWait()) return undefined;
    const outcome = this.#reserve(tokens);
    return outcome.kind === 'added' ? this.#ticket(tokens, outcome.atMs) : undefined;
  }

  /** Admits the request in its turn. Rejects with the signal's reason when it aborts, with `timeoutReason()` at the deadline. */
  acquire(tokens: number, bounds: CallBounds, timeoutReason: () => unknown): Promise<Ticket> | Refusal {
    let waitMs = 0;
    if (this.#queue.size > 0) waitMs = Math.max(0, this.#roomAt - performance.now());
    else if (!this.#othersWait()) {
      const outcome = this.#reserve(tokens);
      if (outcome.kind === 'added') return Promise.resolve(this.#ticket(tokens, outcome.atMs));
      waitMs = outcome.roomInMs;
    }
    if (waitMs >= bounds.deadline.remainingMs) return { kind: 'refused', retryAfterMs: waitMs };
    const place = { key: this.#waiting, amount: 1, leased: 1, max: this.#config.queue };
    if (this.#counters.add([place]).kind === 'refused') {
      return { kind: 'refused', retryAfterMs: Math.max(waitMs, unknownWaitMs) };
    }
    return new Promise((resolve, reject) => {
      const dequeue = (reason: unknown): void => {
        this.#dequeue(waiter);
        reject(reason);
        // A smaller request behind this one may fit now.
        this.#admit();
      };
      const onAbort = (): void => dequeue(bounds.signal.reason);
      const atDeadline = new CallbackEntry(() => dequeue(timeoutReason()));
      const waiter: Waiter = {
        tokens,
        resolve,
        clear: () => {
          timerWheel.remove(atDeadline);
          removeAbortListener(bounds.signal, onAbort);
        },
      };
      addAbortListener(bounds.signal, onAbort);
      timerWheel.add(atDeadline, bounds.deadline.remainingMs);
      this.#enqueue(waiter);
    });
  }

  #reserve(tokens: number): CounterOutcome {
    const { concurrency, requestsPerMinute, tokensPerMinute } = this.#config;
    const changes: CounterChange[] = [];
    if (concurrency !== undefined) changes.push({ key: this.#calls, amount: 1, max: concurrency, leased: 1 });
    if (requestsPerMinute !== undefined) {
      changes.push({ key: this.#requests, amount: 1, max: requestsPerMinute, window: minute });
    }
    if (tokensPerMinute !== undefined) {
      changes.push({ key: this.#tokens, amount: this.#clamped(tokens), max: tokensPerMinute, window: minute });
    }
    return this.#counters.add(changes);
  }

  #ticket(tokens: number, atMs: number): Ticket {
    const { concurrency, tokensPerMinute } = this.#config;
    const reserved = this.#clamped(tokens);
    let isReleased = false;
    return {
      release: (usedTokens) => {
        if (isReleased) return;
        isReleased = true;
        const changes: CounterChange[] = [];
        if (concurrency !== undefined) changes.push({ key: this.#calls, amount: -1, leased: -1 });
        if (tokensPerMinute !== undefined && usedTokens !== reserved) {
          changes.push({ key: this.#tokens, amount: usedTokens - reserved, window: minute, atMs });
        }
        this.#isReleasing = true;
        this.#counters.add(changes);
        this.#isReleasing = false;
      },
    };
  }

  #clamped(tokens: number): number {
    return Math.min(tokens, this.#config.tokensPerMinute ?? tokens);
  }

  #othersWait(): boolean {
    return this.#counters.amount(this.#waiting) > this.#queue.size;
  }

  #enqueue(waiter: Waiter): void {
    this.#queue.add(waiter);
    if (this.#stopListening === undefined) {
      const onLowered = (): void => this.#admitInTurn(this.#isReleasing);
      const stops = [this.#calls, this.#tokens].map((key) => this.#counters.onLowered(key, onLowered));
      this.#stopListening = () => {
        for (const stop of stops) stop();
      };
    }
    this.#admitInTurn(true);
  }

  #dequeue(waiter: Waiter): void {
    this.#queue.delete(waiter);
    waiter.clear();
    if (this.#queue.size === 0) {
      this.#stopListening?.();
      this.#stopListening = undefined;
    }
    this.#counters.add([{ key: this.#waiting, amount: -1, leased: -1 }]);
  }

  /** @param yields whether the callers of other workers come first */
  #admitInTurn(yields: boolean): void {
    if (yields && this.#othersWait()) this.#admitIn(yieldMs);
    else this.#admit();
  }

  /** Admits callers from the head of the queue while they fit; sets one timer for when the window has capacity again. */
  #admit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const waiter of this.#queue) {
      const outcome = this.#reserve(waiter.tokens);
      if (outcome.kind === 'refused') {
        this.#roomAt = performance.now() + outcome.roomInMs;
        // If only concurrency is exhausted, the next release admits the caller.
        if (outcome.roomInMs > 0) this.#admitIn(Math.ceil(outcome.roomInMs) + 1);
        return;
      }
      this.#dequeue(waiter);
      waiter.resolve(this.#ticket(waiter.tokens, outcome.atMs));
    }
  }

  #admitIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    // Between a timer and an immediate, a thread that was busy hears of what the others have released.
    this.#timer = setTimeout(() => setImmediate(() => this.#admit()), milliseconds);
  }
}

interface Waiter {
  readonly tokens: number;
  readonly resolve: (ticket: Ticket) => void;
  readonly clear: () => void;
}
