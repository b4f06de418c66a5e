/**
 * One call to a subgraph and everyone who waits for it.
 *
 * Each waiter leaves by itself, when its signal aborts or its deadline passes, and hurts nobody else; when the last one
 * has left, the call is stopped. The call as a whole ends at `timeoutMs` after it began, whoever has joined since: were
 * newcomers to extend it, a subgraph that hangs could hold one call open for ever.
 */

import { GatewayError } from '../errors/index.ts';
import type { ExactJsonOptions } from '../lib/index.ts';
import { addAbortListener, removeAbortListener } from '../lib/index.ts';
import type { Stop } from './exchange.ts';
import type { RequestContext } from './request-context.ts';
import type { SubgraphResponse } from './subgraph-client.ts';

/** What a call comes to, handed to each waiter in its own way. */
export interface CallResult {
  /** @param isFirst whether nobody was handed it before */
  deliver(context: RequestContext, isFirst: boolean): SubgraphResponse;
}

export class SharedCall {
  /** The step that is running: an exchange, or a pause before a retry. */
  step: { stop(why: Stop): void } | undefined;
  /** Set once the call has been stopped from outside; whoever runs it ends. */
  stopped: Stop | undefined;
  /** Which numbers are looked for in its answer. */
  readonly numbers: ExactJsonOptions;
  readonly #service: string;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
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
  ) {
    this.numbers = numbers;
    this.#service = service;
    this.#endsAt = now + timeoutMs;
    this.#onEnd = onEnd;
    // All calls of a subgraph have the same duration, so that Node keeps them in one list: 0.2 µs to set and to clear.
    this.#timer = setTimeout(onTimeout, timeoutMs, this);
  }

  join(context: RequestContext, now: number): Promise<SubgraphResponse> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, context, resolve, reject);
      this.#waiters.push(waiter);
      addAbortListener(context.signal, waiter);
      const { remainingMs } = context.deadline;
      if (now + remainingMs < this.#endsAt) waiter.timer = setTimeout(onDeadline, Math.ceil(remainingMs), waiter);
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
        waiter.resolve(result.deliver(waiter.context, isFirst));
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

  timeOut(): void {
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
    clearTimeout(this.#timer);
    this.#onEnd?.();
    return true;
  }
}

/** It is its own abort listener, which saves a closure for each request. */
class Waiter {
  readonly call: SharedCall;
  readonly context: RequestContext;
  readonly resolve: (response: SubgraphResponse) => void;
  readonly reject: (reason: unknown) => void;
  timer: NodeJS.Timeout | undefined;

  constructor(
    call: SharedCall,
    context: RequestContext,
    resolve: (response: SubgraphResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.call = call;
    this.context = context;
    this.resolve = resolve;
    this.reject = reject;
  }

  handleEvent(): void {
    this.call.leave(this, this.context.signal.reason);
  }

  release(): void {
    removeAbortListener(this.context.signal, this);
    clearTimeout(this.timer);
  }
}

function onTimeout(call: SharedCall): void {
  call.timeOut();
}

function onDeadline(waiter: Waiter): void {
  waiter.call.leave(waiter, waiter.call.timeoutError());
}
