/**
 * The step after a failure: retry the target, the next target, another alias, or the end of the call.
 *
 * 400 and 422 end the call: another model would get the same invalid request. A request that a target does not support is
 * not an error of the target: if that is known before it is sent, the next target is tried whatever `fallback.on` is; if
 * the provider reports it, it counts as a provider error.
 */
import type { FallbackCause, ModelAlias } from '../../../config/index.ts';
import { GatewayError, type GatewayErrorDetails } from '../../../errors/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { FailureKind } from '../../model-call/index.ts';
import { unsupportedMessage } from '../unsupported-message.ts';

export type NextStep =
  | { readonly kind: 'next_target' }
  | { readonly kind: 'alias'; readonly alias: string }
  | { readonly kind: 'end' };

const nextTarget: NextStep = { kind: 'next_target' };
const end: NextStep = { kind: 'end' };

export function stepAfter(kind: FailureKind, { fallback }: ModelAlias): NextStep {
  switch (kind) {
    case 'unsupported':
      return nextTarget;
    case 'invalid_request':
      return end;
    case 'context_window':
      if (fallback.contextWindow !== undefined) return { kind: 'alias', alias: fallback.contextWindow };
      return onCause('context_window', fallback.on);
    case 'content_policy':
      if (fallback.contentPolicy !== undefined) return { kind: 'alias', alias: fallback.contentPolicy };
      return onCause('content_policy', fallback.on);
    case 'timeout':
      return onCause('deadline', fallback.on);
    case 'rate_limited':
    case 'overloaded':
    case 'server_error':
    case 'connection':
    case 'malformed':
    case 'unauthorized':
    case 'quota_exhausted':
    case 'not_found':
    case 'unsupported_value':
    case 'stream_incomplete':
      return onCause('provider_error', fallback.on);
    default:
      return unreachable(kind);
  }
}

function onCause(cause: FallbackCause, causes: readonly FallbackCause[]): NextStep {
  return causes.includes(cause) ? nextTarget : end;
}

/** Whether a retry of the same target may succeed. */
export function isTransient(kind: FailureKind): boolean {
  return (
    kind === 'overloaded' ||
    kind === 'server_error' ||
    kind === 'connection' ||
    kind === 'malformed' ||
    kind === 'stream_incomplete'
  );
}

/** Why a target did not answer: it failed, or it was not called. */
export interface TargetFailure {
  readonly model: string;
  readonly kind: FailureKind | 'at_limit' | 'breaker_open';
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  /** The field that the provider does not accept, by the provider's name. */
  readonly field?: string | undefined;
}

/**
 * The error of a call that no target answered: a specific code if all targets failed for the same cause, else
 * `AI_MODEL_UNAVAILABLE`. The providers' messages are in `detail`, for the log; the client gets the table's message.
 */
export function callError(alias: string, failures: readonly TargetFailure[], cause: unknown): GatewayError {
  const decisive = failures.filter(({ kind }) => kind !== 'unsupported');
  const kinds = new Set((decisive.length > 0 ? decisive : failures).map(({ kind }) => kind));
  const reasons = failures.map(({ model, kind, detail }) => `${model}: ${kind}: ${detail}`).join('; ');
  const waits = failures.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  const details: GatewayErrorDetails = { detail: `${alias}: ${reasons}`, ...(cause === undefined ? {} : { cause }) };
  const retrying = waits.length === 0 ? details : { ...details, retryAfterMs: Math.ceil(Math.min(...waits)) };
  if (kinds.has('invalid_request')) return new GatewayError('AI_REQUEST_INVALID', details);
  const all = (...causes: readonly TargetFailure['kind'][]): boolean =>
    [...kinds].every((kind) => causes.includes(kind));
  if (kinds.size === 0) return new GatewayError('AI_MODEL_UNAVAILABLE', details);
  if (all('unsupported')) {
    // These details were written by the gateway, not by a provider, so the client may read them.
    const message = unsupportedMessage(failures[0]?.detail);
    return new GatewayError('AI_REQUEST_UNSUPPORTED', { ...details, message });
  }
  if (all('unsupported', 'unsupported_value')) {
    const field = failures.find(({ kind }) => kind === 'unsupported_value')?.field;
    return new GatewayError('AI_REQUEST_UNSUPPORTED', { ...details, message: unsupportedMessage(field) });
  }
  if (all('unsupported', 'not_found')) {
    // A reference from the caller is the caller's error; an alias from the configuration is the operator's.
    if (failures.every(({ model }) => model === alias)) return new GatewayError('AI_MODEL_NOT_FOUND', details);
    return permanentError(details, 'The provider of this model does not know it.');
  }
  if (all('unsupported', 'not_found', 'unauthorized', 'quota_exhausted')) {
    return permanentError(details, 'The provider of this model does not take what is configured for it.');
  }
  if (all('context_window')) return new GatewayError('AI_CONTEXT_WINDOW_EXCEEDED', details);
  if (all('content_policy')) return new GatewayError('AI_INPUT_BLOCKED', details);
  if (all('rate_limited', 'at_limit')) return new GatewayError('RATE_LIMITED', retrying);
  if (all('stream_incomplete')) return new GatewayError('AI_STREAM_INCOMPLETE', details);
  return new GatewayError('AI_MODEL_UNAVAILABLE', retrying);
}

/** An error that persists until the operator fixes it, at the provider or in the configuration. */
function permanentError(details: GatewayErrorDetails, message: string): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { ...details, message, isPermanent: true });
}
