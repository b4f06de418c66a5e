/**
 * Keeps a thread from taking on more than it can do: so many operations run at once as its event loop keeps up with, a few
 * more wait a moment, by priority, and what does not fit is refused soon, so that its client can go elsewhere.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { OverloadConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Abortable, addAbortListener, removeAbortListener } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { type Priority, Turns, type Waiter } from './turns.ts';

export interface OverloadOptions {
  readonly config: OverloadConfig;
  readonly log: Logger;
  /** The least lateness of the event loop since the last call, in milliseconds. @default measured by Node */
  readonly latenessMs?: (() => number) | undefined;
}

const periodMs = 100;
const resolutionMs = 10;
/** Refusals are reported together, so that a log is no load of its own. */
const reportMs = 10_000;

export class Overload {
  readonly #limit: AdaptiveLimit;
  readonly #turns: Turns;
  readonly #queueWaitMs: number;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #latenessMs: () => number;
  #running = 0;
  /** Of these, how many have ended in this turn of the event loop. */
  #ended = 0;
  /** The most that ran at once in this period. */
  #most = 0;
  #refused = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor({ config, log, latenessMs = leastLateness() }: OverloadOptions) {
    this.#limit = new AdaptiveLimit({ max: config.maxConcurrency, targetMs: config.loopDelayMs });
    this.#turns = new Turns(config.queue);
    this.#queueWaitMs = config.queueWaitMs;
    this.#log = log;
    this.#latenessMs = latenessMs;
    this.#timer = setInterval(() => this.#adapt(), periodMs);
    this.#timer.unref();
  }

  /** How many operations may run at once now. */
  get limit(): number {
    return this.#limit.value;
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#turns.length;
  }

  /**
   * Does the work when there is a place for it.
   *
   * @throws GatewayError `OVERLOADED` where there is none in time, or the signal's reason
   */
  async run<Value>(priority: Priority, signal: Abortable, work: () => Promise<Value>): Promise<Value> {
    if (this.#running < this.#limit.value && this.#turns.length === 0) this.#take();
    else await this.#wait(priority, signal);
    try {
      return await work();
    } finally {
      // A place is free again in the next turn: operations that wait for nothing end before the next of the turn begins, and
      // as many as there are would run in it.
      if (this.#ended++ === 0) setImmediate(() => this.#free());
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #free(): void {
    this.#running -= this.#ended;
    this.#ended = 0;
    this.#giveTurns();
  }

  #take(): void {
    this.#running++;
    if (this.#running > this.#most) this.#most = this.#running;
  }

  #wait(priority: Priority, signal: Abortable): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        removeAbortListener(signal, onAbort);
        this.#turns.remove(waiter);
      };
      const onAbort = (): void => {
        end();
        reject(signal.reason);
      };
      const refuse = (): void => {
        end();
        reject(this.#refusal());
      };
      const waiter: Waiter = {
        priority,
        onEnd: (isItsTurn) => {
          if (!isItsTurn) return refuse();
          end();
          this.#take();
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#turns.expire(waiter);
        refuse();
      }, this.#queueWaitMs);
      addAbortListener(signal, onAbort);
      if (!this.#turns.add(waiter)) refuse();
    });
  }

  #giveTurns(): void {
    while (this.#running < this.#limit.value && this.#turns.length > 0) this.#turns.next();
  }

  #adapt(): void {
    this.#limit.adapt(this.#latenessMs(), this.#most);
    this.#most = this.#running;
    this.#giveTurns();
    this.#report();
  }

  #refusal(): GatewayError {
    this.#refused++;
    return new GatewayError('OVERLOADED', {
      message: 'The gateway has too much to do at the moment.',
      retryAfterMs: 1_000,
    });
  }

  #report(): void {
    if (this.#refused === 0) return;
    const now = performance.now();
    if (now - this.#reportedAt < reportMs) return;
    this.#reportedAt = now;
    const { value: limit } = this.#limit;
    const fields = { refused: this.#refused, limit, running: this.#running, waiting: this.#turns.length };
    this.#log.warn(fields, 'operations were refused: there is more to do than this thread can (limits.overload)');
    this.#refused = 0;
  }
}

function leastLateness(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    // Without a measurement in the whole period the loop stood still.
    const lateness = histogram.count === 0 ? periodMs : histogram.min / 1e6 - resolutionMs;
    histogram.reset();
    return lateness;
  };
}
