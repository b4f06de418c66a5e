import { GatewayError } from '../../../errors/index.ts';
import type { ProviderFailure } from '../../model-call/index.ts';
import type { Attempt } from './attempt.ts';
import type { CallRun } from './call-run.ts';

/**
 * Ends an attempt that did not answer and books what it used. Throws where the call itself is over: the caller left,
 * the caller's deadline has passed, or the error is a defect, which no fallback may hide.
 *
 * @param outputCharacters how much of an answer had come
 */
export function endFailed(run: CallRun, attempt: Attempt, error: unknown, outputCharacters: number): ProviderFailure {
  const failure = run.redacted(attempt.failureOf(error));
  const { reference } = attempt.target;
  // The provider's own timer may fire before ours; what was too late to be sent has taken no time.
  const wasLate = failure?.kind === 'timeout' && attempt.durationMs > 1;
  const wasUnderWay = attempt.stopped !== undefined || wasLate || outputCharacters > 0;
  const usage = failure?.usage ?? (wasUnderWay ? run.estimateUsage(outputCharacters) : undefined);
  // What was not sent, because the target cannot do it, is not an attempt.
  if (failure?.kind !== 'unsupported') {
    const outcome =
      attempt.stopped === 'aborted' || attempt.stopped === 'left' ? 'aborted' : (failure?.kind ?? 'defect');
    run.attempts.push({ model: reference, outcome, durationMs: attempt.durationMs });
  }
  attempt.fail(failure, usage === undefined ? 0 : usage.inputTokens + usage.outputTokens);
  if (usage !== undefined) run.book(attempt.target, usage);
  if (attempt.stopped === 'aborted') throw run.bounds.signal.reason;
  if (failure === undefined) throw error;
  const { kind, detail, retryAfterMs } = failure;
  run.providerRequestId = failure.requestId ?? run.providerRequestId;
  run.misses.push({ model: reference, kind, detail, retryAfterMs, field: failure.field });
  if (run.bounds.deadline.passed) throw timeoutError(run, failure);
  return failure;
}

/** The caller's deadline has passed; the log reads what had been tried. */
export function timeoutError(run: CallRun, cause?: unknown): GatewayError {
  const reasons = run.misses.map(({ model, kind, detail }) => `; ${model}: ${kind}: ${detail}`).join('');
  return new GatewayError('GATEWAY_TIMEOUT', {
    detail: `${run.call.alias}: the deadline passed${reasons}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error of an alias that needs a change of the configuration. @param message the client's sentence */
export function unconfigured(detail: string, message: string): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { detail, message, isLasting: true });
}

export function unavailable(detail: string): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { detail });
}
