/**
 * One request to a provider: what bounds it, how it was ended, and what it gives back when it has: its place in the
 * target's limits, its verdict to the breaker.
 *
 * The caller's signal reaches the provider at once. A provider that does not look at its signal is not waited for: the
 * attempt's own end does not depend on it.
 */
import type { Deadline } from '../../../lib/index.ts';
import type { Verdict } from '../../../transport/index.ts';
import { type CallBounds, type ProviderCall, ProviderFailure } from '../../model-call/index.ts';
import type { Target } from '../targets/target.ts';
import { verdictOf } from '../targets/target-health.ts';
import type { Ticket } from '../targets/target-limits.ts';

/** `left`: the consumer of a stream went away; `blocked`: a guardrail ended it. */
export type Stop = 'aborted' | 'deadline' | 'target_timeout' | 'idle' | 'left' | 'blocked';

/** A caller's own deadline says something about a target only where the target had this long. */
const fairChanceMs = 1_000;

export interface AttemptOptions {
  readonly target: Target;
  readonly key: number;
  readonly ticket: Ticket | undefined;
  readonly bounds: CallBounds;
  /** How long the target may take. */
  readonly timeoutMs: number | undefined;
}

export class Attempt {
  readonly target: Target;
  readonly key: number;
  readonly call: ProviderCall;
  readonly startedAt = performance.now();
  /** When the provider last sent anything, be it only a comment that keeps the stream awake. */
  lastArrivalAt = 0;
  /** Set once it has been ended from our side. */
  stopped: Stop | undefined;
  readonly #bounds: CallBounds;
  readonly #controller = new AbortController();
  readonly #ticket: Ticket | undefined;
  readonly #probe: boolean;
  #timer: NodeJS.Timeout | undefined;
  #rejectWait: ((reason: unknown) => void) | undefined;
  #ended = false;

  constructor({ target, key, ticket, bounds, timeoutMs }: AttemptOptions) {
    this.target = target;
    this.key = key;
    this.#bounds = bounds;
    this.#ticket = ticket;
    const deadline = timeoutMs === undefined ? bounds.deadline : bounds.deadline.within(timeoutMs);
    this.call = {
      signal: this.#controller.signal,
      deadline,
      key,
      structured: target.config.structured,
      maxOutputTokens: target.config.maxOutputTokens,
      adapted: [],
      onArrival: () => {
        this.lastArrivalAt = performance.now();
      },
    };
    this.#probe = target.health.begin(this.startedAt);
    this.#setTimer(deadline);
    bounds.signal.addEventListener('abort', this);
    if (bounds.signal.aborted) this.stop('aborted');
  }

  /** The caller's signal aborted. */
  handleEvent(): void {
    this.stop('aborted');
  }

  get durationMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The first output has come: from now on only the caller's deadline counts, not the target's timeout. */
  answering(): void {
    if (this.call.deadline !== this.#bounds.deadline) this.#setTimer(this.#bounds.deadline);
  }

  stop(why: Stop): void {
    if (this.stopped !== undefined || this.#ended) return;
    this.stopped = why;
    const reason = why === 'aborted' ? this.#bounds.signal.reason : stopFailure(why);
    this.#controller.abort(reason);
    this.#rejectWait?.(reason);
  }

  /** Waits for `work`, or for whatever stops the attempt. One wait at a time. */
  race<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#rejectWait = reject;
      work.then(resolve, reject);
      if (this.stopped !== undefined) reject(this.#controller.signal.reason);
    });
  }

  /** What was thrown as a failure of the provider; `undefined`: it is the caller's leaving, or a defect. */
  failureOf(error: unknown): ProviderFailure | undefined {
    if (this.stopped === 'aborted') return undefined;
    if (error instanceof ProviderFailure) return error;
    const { reason } = this.#controller.signal;
    return this.stopped !== undefined && reason instanceof ProviderFailure ? reason : undefined;
  }

  /** @param usedTokens what counts against the target's tokens a minute */
  succeed(usedTokens: number): void {
    this.#end('success', usedTokens);
  }

  fail(failure: ProviderFailure | undefined, usedTokens: number): void {
    this.#end(failure === undefined ? 'neutral' : this.#verdict(failure), usedTokens);
  }

  #verdict(failure: ProviderFailure): Verdict {
    if (this.stopped === 'left' || this.stopped === 'blocked') return 'neutral';
    const callerWasLate = failure.kind === 'timeout' && this.#bounds.deadline.passed;
    return callerWasLate && this.durationMs < fairChanceMs ? 'neutral' : verdictOf(failure.kind);
  }

  #end(verdict: Verdict, usedTokens: number): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#bounds.signal.removeEventListener('abort', this);
    this.target.health.end(verdict, this.#probe, performance.now());
    this.#ticket?.release(usedTokens);
  }

  #setTimer(deadline: Deadline): void {
    clearTimeout(this.#timer);
    // Timers count whole milliseconds and may fire up to one early: the deadline has passed after this.
    this.#timer = setTimeout(onTimeout, deadline.timerMs, this, this.#bounds);
  }
}

function onTimeout(attempt: Attempt, bounds: CallBounds): void {
  attempt.stop(bounds.deadline.passed ? 'deadline' : 'target_timeout');
}

function stopFailure(why: Exclude<Stop, 'aborted'>): ProviderFailure {
  const details = {
    deadline: 'the deadline passed',
    target_timeout: 'the target’s timeout passed',
    idle: 'the stream was silent for too long',
    left: 'nobody reads the stream any more',
    blocked: 'a guardrail ended the stream',
  } as const;
  return new ProviderFailure({ kind: 'timeout', detail: details[why] });
}
