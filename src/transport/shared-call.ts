/**
 * One call to a subgraph and everyone who waits for it.
 *
 * Each waiter leaves by itself, when its signal aborts or its deadline passes, and hurts nobody else; when the last one
 * has left, the call is stopped. The call as a whole ends at `timeoutMs` after it began, whoever has joined since: were
 * newcomers to extend it, a subgraph that hangs could hold one call open for ever.
 */

import { GatewayError } from '../errors/index.ts';
import {
  addAbortListener,
  busyMsSince,
  type ExactJsonOptions,
  removeAbortListener,
  TimerEntry,
  timerWheel,
} from '../lib/index.ts';
import type { FetchEvent } from '../observability/index.ts';
import type { Stop } from './exchange.ts';
import type { RequestContext } from './request-context.ts';
import type { SubgraphResponse } from './subgraph-client.ts';

/** What a call comes to, handed to each waiter in its own way. */
export interface CallResult {
  /**
   * @param isFirst whether nobody was handed it before
   * @param requestedAt when the call began, which may be before the waiter joined it
   */
  deliver(context: RequestContext, isFirst: boolean, requestedAt: number): SubgraphResponse;
}

export class SharedCall extends TimerEntry {
  /** The step that is running: an exchange, or a pause before a retry. */
  step: { stop(why: Stop): void } | undefined;
  /** Set once the call has been stopped from outside; whoever runs it ends. */
  stopped: Stop | undefined;
  /** Which numbers are looked for in its answer. */
  readonly numbers: ExactJsonOptions;
  /** Of the request that began it; its exchanges are told to it. */
  readonly event: FetchEvent | undefined;
  readonly #service: string;
  readonly #beganAt: number;
  #endsAt: number;
  readonly #onEnd: (() => void) | undefined;
  readonly #waiters: Waiter[] = [];
  #ended = false;

  /** @param onEnd runs once, when nobody may join any more */
  constructor(
    service: string,
    timeoutMs: number,
    now: number,
    onEnd: (() => void) | undefined,
    numbers: ExactJsonOptions = {},
    event?: FetchEvent,
  ) {
    super();
    this.numbers = numbers;
    this.event = event;
    this.#service = service;
    this.#beganAt = now;
    this.#endsAt = now + timeoutMs;
    this.#onEnd = onEnd;
    timerWheel.add(this, timeoutMs, now);
  }

  join(context: RequestContext, now: number): Promise<SubgraphResponse> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, context, resolve, reject);
      this.#waiters.push(waiter);
      context.event?.wait(now);
      addAbortListener(context.signal, waiter);
      const { remainingMs } = context.deadline;
      if (now + remainingMs < this.#endsAt) timerWheel.add(waiter, remainingMs, now);
    });
  }

  /** What is left until the last of the waiters has to be answered. */
  remainingMs(now: number): number {
    const longest = this.#waiters.reduce((most, { context }) => Math.max(most, context.deadline.remainingMs), 0);
    return Math.min(longest, this.#endsAt - now);
  }

  resolve(result: CallResult): void {
    if (!this.#end()) return;
    let isFirst = true;
    for (const waiter of this.#waiters) {
      waiter.release();
      try {
        waiter.resolve(result.deliver(waiter.context, isFirst, this.#beganAt));
        isFirst = false;
      } catch (error) {
        waiter.reject(error);
      }
    }
  }

  reject(error: unknown): void {
    if (!this.#end()) return;
    for (const waiter of this.#waiters) {
      waiter.release();
      waiter.reject(error);
    }
  }

  leave(waiter: Waiter, reason: unknown): void {
    const index = this.#waiters.indexOf(waiter);
    if (this.#ended || index === -1) return;
    this.#waiters.splice(index, 1);
    waiter.release();
    waiter.reject(reason);
    if (this.#waiters.length === 0 && this.#end()) this.#stop('left');
  }

  /** The call’s own time is over; where this thread was busy meanwhile, that was not the subgraph’s. */
  onTimeout(): void {
    const now = performance.now();
    const busyMs = busyMsSince(this.#endsAt, now);
    if (busyMs > 0) {
      this.#endsAt = now + busyMs;
      timerWheel.add(this, busyMs, now);
      return;
    }
    // Stopped first: a pause before a retry may end in the same turn.
    this.#stop('timeout');
    this.reject(this.timeoutError());
  }

  timeoutError(): GatewayError {
    return new GatewayError('SUBGRAPH_REQUEST_TIMEOUT', { service: this.#service });
  }

  #stop(why: Stop): void {
    this.stopped = why;
    this.step?.stop(why);
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    timerWheel.remove(this);
    this.#onEnd?.();
    return true;
  }
}

/** It is its own abort listener, which saves a closure for each request, and is timed where its deadline is the earlier one. */
class Waiter extends TimerEntry {
  readonly call: SharedCall;
  readonly context: RequestContext;
  readonly resolve: (response: SubgraphResponse) => void;
  readonly reject: (reason: unknown) => void;

  constructor(
    call: SharedCall,
    context: RequestContext,
    resolve: (response: SubgraphResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    super();
    this.call = call;
    this.context = context;
    this.resolve = resolve;
    this.reject = reject;
  }

  handleEvent(): void {
    this.call.leave(this, this.context.signal.reason);
  }

  onTimeout(): void {
    this.call.leave(this, this.call.timeoutError());
  }

  release(): void {
    this.context.event?.resume(performance.now());
    removeAbortListener(this.context.signal, this);
    timerWheel.remove(this);
  }
}
