import { GatewayError } from '../../../errors/index.ts';
import type { ProviderFailure } from '../../model-call/index.ts';
import type { Attempt } from './attempt.ts';
import type { CallRun } from './call-run.ts';

/**
 * Ends a failed attempt and books its usage. Throws if the call itself is over: the caller aborted, the caller's deadline
 * has passed, or the error is a defect, which no fallback may hide.
 *
 * @param outputCharacters the length of the output received so far
 */
export function endFailed(run: CallRun, attempt: Attempt, error: unknown, outputCharacters: number): ProviderFailure {
  const failure = run.redacted(attempt.failureOf(error));
  const { reference } = attempt.target;
  // The provider client's own timer may fire before this one.
  const isOver = attempt.stopped !== undefined || failure?.kind === 'timeout';
  const wasInFlight = attempt.isSent && (isOver || outputCharacters > 0);
  const usage = failure?.usage ?? (wasInFlight ? run.estimateUsage(outputCharacters) : undefined);
  const outcome =
    attempt.stopped === 'aborted' || attempt.stopped === 'abandoned' ? 'aborted' : (failure?.kind ?? 'defect');
  // A request that the target does not support is not an attempt.
  const isAttempt = failure?.kind !== 'unsupported';
  const isSent = attempt.isSent && isAttempt;
  if (isAttempt) run.attempts.push({ model: reference, outcome, durationMs: attempt.durationMs });
  attempt.fail(failure, usage === undefined ? 0 : usage.inputTokens + usage.outputTokens);
  if (usage !== undefined) run.book(attempt, usage, outcome);
  else attempt.charge?.settle({ nanoUsd: 0n, tokens: 0, isSent, outcome, usage, price: undefined });
  if (attempt.stopped === 'aborted') throw run.bounds.signal.reason;
  if (failure === undefined) throw error;
  const { kind, detail, retryAfterMs } = failure;
  run.providerRequestId = failure.requestId ?? run.providerRequestId;
  run.failures.push({ model: reference, kind, detail, retryAfterMs, field: failure.field });
  if (run.bounds.deadline.passed) throw timeoutError(run, failure);
  return failure;
}

/** The error of a call whose deadline has passed; its detail, for the log, lists the failures until then. */
export function timeoutError(run: CallRun, cause?: unknown): GatewayError {
  const reasons = run.failures.map(({ model, kind, detail }) => `; ${model}: ${kind}: ${detail}`).join('');
  return new GatewayError('GATEWAY_TIMEOUT', {
    detail: `${run.call.alias}: the deadline passed${reasons}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error of an alias that needs a change of the configuration. @param message the message for the client */
export function unconfigured(detail: string, message: string): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { detail, message, isPermanent: true });
}

export function unavailable(detail: string): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { detail });
}
