/** A failed call: the outcome in its record, and the error for its caller. */
import { GatewayError, messageOf } from '../../../errors/index.ts';
import { type ModelRequest, ProviderFailure } from '../../model-call/index.ts';
import type { Guarded } from '../guarding/guard-call.ts';
import type { CallRun } from './call-run.ts';
import { timeoutError } from './end-failed.ts';

/** Records the failed call. @returns the error for the caller */
export function recordFailure(run: CallRun, error: unknown): unknown {
  const { signal } = run.call;
  if (signal.aborted) {
    run.record(
      signal.reason instanceof GatewayError && signal.reason.code === 'GATEWAY_TIMEOUT'
        ? signal.reason.code
        : 'aborted',
    );
    return signal.reason;
  }
  // Each caller of a shared call gets a failure of this kind at its own deadline.
  const thrown = error instanceof ProviderFailure && error.kind === 'timeout' ? timeoutError(run, error) : error;
  run.record(thrown instanceof GatewayError ? thrown.code : 'INTERNAL_SERVER_ERROR');
  return thrown;
}

/** A stream throws only its signal's reason; any other error becomes its `failed` part. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('INTERNAL_SERVER_ERROR', { detail: messageOf(thrown), cause: thrown });
}

/** The input, if the guardrails passed it. @throws AI_INPUT_BLOCKED */
export function passedInput<Request>(
  run: CallRun,
  guarded: Guarded<Request>,
): Extract<Guarded<Request>, { kind: 'passed' }> {
  run.guardrails = guarded.findings;
  if (guarded.kind === 'passed') {
    run.messages = messagesOf(guarded.request);
    return guarded;
  }
  throw new GatewayError('AI_INPUT_BLOCKED', { detail: `${run.call.alias}: ${run.guardrails.join(', ')}` });
}

/** A conversation has some; texts for vectors are none. */
function messagesOf(request: unknown): CallRun['messages'] {
  return (request as Partial<Pick<ModelRequest, 'messages'>>).messages;
}
