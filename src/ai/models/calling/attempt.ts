/**
 * One request to a provider: its bounds, how it ended, and what it releases at its end: the ticket of the target's
 * limits, and a verdict for the breaker.
 *
 * The caller's signal is forwarded to the provider at once. The attempt ends even if the provider ignores its signal.
 */

import {
  Aborter,
  addAbortListener,
  type Deadline,
  removeAbortListener,
  TimerEntry,
  timerWheel,
} from '../../../lib/index.ts';
import type { Verdict } from '../../../transport/index.ts';
import { type CallBounds, type Charge, type ProviderCall, ProviderFailure } from '../../model-call/index.ts';
import type { Target } from '../targets/target.ts';
import { verdictOf } from '../targets/target-health.ts';
import type { Ticket } from '../targets/target-limits.ts';

/** `abandoned`: the consumer of a stream stopped reading; `blocked`: a guardrail ended it. */
export type StopReason = 'aborted' | 'deadline' | 'target_timeout' | 'idle' | 'abandoned' | 'blocked';

/** The caller's deadline counts as a failure of the target only if the attempt ran at least this long. */
const minAttributableMs = 1_000;

export interface AttemptOptions {
  readonly target: Target;
  readonly key: number;
  readonly ticket: Ticket | undefined;
  /** What it may cost, as it is counted until it has ended; undefined: it is charged to nobody. */
  readonly charge?: Charge | undefined;
  readonly bounds: CallBounds;
  /** How long the target may take. */
  readonly timeoutMs: number | undefined;
  /** What the provider is sent beside the request, names and values alternately. @default nothing */
  readonly headers?: readonly string[] | undefined;
}

export class Attempt extends TimerEntry {
  readonly target: Target;
  readonly key: number;
  readonly call: ProviderCall;
  readonly charge: Charge | undefined;
  readonly startedAt = performance.now();
  /** When the provider last sent any bytes, keep-alive comments included. */
  lastArrivalAt = 0;
  /** Whether anything was written to the provider, as far as it says so. */
  isSent = false;
  /** Set once the gateway has ended the attempt. */
  stopped: StopReason | undefined;
  readonly #bounds: CallBounds;
  /** Of `signal`; the gateway's own exchanges are stopped by `#stops`. */
  #aborter: Aborter | undefined;
  readonly #stops: ((reason: unknown) => void)[] = [];
  #stopReason: unknown;
  readonly #ticket: Ticket | undefined;
  readonly #probe: boolean;
  #rejectWait: ((reason: unknown) => void) | undefined;
  #ended = false;

  constructor({ target, key, ticket, charge, bounds, timeoutMs, headers }: AttemptOptions) {
    super();
    this.target = target;
    this.key = key;
    this.charge = charge;
    this.#bounds = bounds;
    this.#ticket = ticket;
    const deadline = timeoutMs === undefined ? bounds.deadline : bounds.deadline.within(timeoutMs);
    this.call = new AttemptCall(this, deadline, headers);
    this.#probe = target.health.begin(this.startedAt);
    this.#setTimer(deadline);
    addAbortListener(bounds.signal, this);
    if (bounds.signal.aborted) this.stop('aborted');
  }

  /** The caller's signal aborted. */
  handleEvent(): void {
    this.stop('aborted');
  }

  onTimeout(): void {
    this.stop(this.#bounds.deadline.passed ? 'deadline' : 'target_timeout');
  }

  get durationMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The first byte is about to be written. @throws GatewayError where it may not be */
  onSend(): void {
    if (this.isSent) return;
    this.charge?.commit();
    this.isSent = true;
  }

  /** The first output has arrived: from now on only the caller's deadline applies, not the target's timeout. */
  liftTargetTimeout(): void {
    if (this.call.deadline !== this.#bounds.deadline) this.#setTimer(this.#bounds.deadline);
  }

  /** Calls `stop` when the attempt is stopped; throws the reason where it is. */
  onStop(stop: (reason: unknown) => void): void {
    if (this.stopped !== undefined) throw this.#stopReason;
    this.#stops.push(stop);
  }

  stop(cause: StopReason): void {
    if (this.stopped !== undefined || this.#ended) return;
    this.stopped = cause;
    const reason = cause === 'aborted' ? this.#bounds.signal.reason : stopFailure(cause);
    this.#stopReason = reason;
    this.#aborter?.abort(reason);
    for (const stop of this.#stops) stop(reason);
    this.#rejectWait?.(reason);
  }

  /** The signal of the attempt, made for providers that need one. */
  get signal(): AbortSignal {
    this.#aborter ??= new Aborter();
    if (this.stopped !== undefined) this.#aborter.abort(this.#stopReason);
    return this.#aborter.signal;
  }

  /** Settles with `work`, or rejects when the attempt is stopped. Not to be called concurrently. */
  race<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#rejectWait = reject;
      work.then(resolve, reject);
      if (this.stopped !== undefined) reject(this.#stopReason);
    });
  }

  /** Reads a thrown value as a failure of the provider; `undefined`: the caller aborted, or it is a defect. */
  failureOf(error: unknown): ProviderFailure | undefined {
    if (this.stopped === 'aborted') return undefined;
    if (error instanceof ProviderFailure) return error;
    return this.stopped !== undefined && this.#stopReason instanceof ProviderFailure ? this.#stopReason : undefined;
  }

  /** @param usedTokens the tokens that count against the target's tokens per minute */
  succeed(usedTokens: number): void {
    this.#end('success', usedTokens);
  }

  fail(failure: ProviderFailure | undefined, usedTokens: number): void {
    this.#end(failure === undefined ? 'neutral' : this.#verdict(failure), usedTokens);
  }

  #verdict(failure: ProviderFailure): Verdict {
    if (this.stopped === 'abandoned' || this.stopped === 'blocked') return 'neutral';
    const isCallerTimeout = failure.kind === 'timeout' && this.#bounds.deadline.passed;
    return isCallerTimeout && this.durationMs < minAttributableMs ? 'neutral' : verdictOf(failure.kind);
  }

  #end(verdict: Verdict, usedTokens: number): void {
    if (this.#ended) return;
    this.#ended = true;
    timerWheel.remove(this);
    removeAbortListener(this.#bounds.signal, this);
    this.target.health.end(verdict, this.#probe, performance.now());
    this.#ticket?.release(usedTokens);
  }

  #setTimer(deadline: Deadline): void {
    timerWheel.add(this, deadline.remainingMs);
  }
}

/**
 * What the provider sees of the attempt. A class: an object literal with a getter gives V8 a hidden class for each call,
 * which keeps the call's objects until the next full collection.
 */
class AttemptCall implements ProviderCall {
  readonly deadline: Deadline;
  readonly isTimed = true;
  readonly key: number;
  readonly structured: ProviderCall['structured'];
  readonly maxOutputTokens: number | undefined;
  readonly headers: readonly string[] | undefined;
  readonly adapted: string[] = [];
  readonly #attempt: Attempt;

  constructor(attempt: Attempt, deadline: Deadline, headers: readonly string[] | undefined) {
    const { structured, maxOutputTokens } = attempt.target.config;
    this.deadline = deadline;
    this.key = attempt.key;
    this.structured = structured;
    this.maxOutputTokens = maxOutputTokens;
    this.headers = headers;
    this.#attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  onStop(stop: (reason: unknown) => void): void {
    this.#attempt.onStop(stop);
  }

  onSend(): void {
    this.#attempt.onSend();
  }

  onArrival(): void {
    this.#attempt.lastArrivalAt = performance.now();
  }
}

function stopFailure(cause: Exclude<StopReason, 'aborted'>): ProviderFailure {
  const details = {
    deadline: 'the deadline passed',
    target_timeout: 'the target’s timeout passed',
    idle: 'the stream was idle for too long',
    abandoned: 'the consumer stopped reading the stream',
    blocked: 'a guardrail ended the stream',
  } as const;
  return new ProviderFailure({ kind: 'timeout', detail: details[cause] });
}
