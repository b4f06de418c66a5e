/**
 * What follows a failure: the same target again, the next one, another alias, or the end of the call.
 *
 * 400 and 422 end it: another model would be sent the same wrong request. What a target cannot do is no fault: where it
 * is known before anything is sent the next is asked whatever `fallback.on` says, and where the provider says so it is
 * one of its errors.
 */
import type { FallbackCause, ModelAlias } from '../../../config/index.ts';
import { errorTable, GatewayError, type GatewayErrorDetails } from '../../../errors/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { FailureKind } from '../../model-call/index.ts';

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

/** Whether asking the same target again may help, after a while. */
export function isTransient(kind: FailureKind): boolean {
  return (
    kind === 'overloaded' ||
    kind === 'server_error' ||
    kind === 'connection' ||
    kind === 'malformed' ||
    kind === 'stream_incomplete'
  );
}

/** Why a target did not answer: it failed, or it was not asked at all. */
export interface Miss {
  readonly model: string;
  readonly kind: FailureKind | 'at_limit' | 'breaker_open';
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  /** The field a provider says it does not take, by the provider's name of it. */
  readonly field?: string | undefined;
}

/**
 * The error of a call that nobody answered: a cause that all targets share is named, else `AI_MODEL_UNAVAILABLE`. What a
 * provider said is in `detail`, for the log; the client reads the table's sentence.
 */
export function callError(alias: string, misses: readonly Miss[], cause: unknown): GatewayError {
  const decisive = misses.filter(({ kind }) => kind !== 'unsupported');
  const kinds = new Set((decisive.length > 0 ? decisive : misses).map(({ kind }) => kind));
  const reasons = misses.map(({ model, kind, detail }) => `${model}: ${kind}: ${detail}`).join('; ');
  const waits = misses.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  const details: GatewayErrorDetails = { detail: `${alias}: ${reasons}`, ...(cause === undefined ? {} : { cause }) };
  const retrying = waits.length === 0 ? details : { ...details, retryAfterMs: Math.ceil(Math.min(...waits)) };
  if (kinds.has('invalid_request')) return new GatewayError('AI_REQUEST_INVALID', details);
  const all = (...some: readonly Miss['kind'][]): boolean => [...kinds].every((kind) => some.includes(kind));
  if (kinds.size === 0) return new GatewayError('AI_MODEL_UNAVAILABLE', details);
  if (all('unsupported')) {
    // What is not supported is told in our own words, never in a provider's.
    return new GatewayError('AI_REQUEST_UNSUPPORTED', { ...details, message: unsupportedSentence(misses[0]?.detail) });
  }
  if (all('unsupported', 'unsupported_value')) {
    const field = misses.find(({ kind }) => kind === 'unsupported_value')?.field;
    return new GatewayError('AI_REQUEST_UNSUPPORTED', { ...details, message: unsupportedSentence(field) });
  }
  if (all('unsupported', 'not_found')) {
    // A reference that the caller named, or an alias of the operator's: who named it wrongly is told.
    if (misses.every(({ model }) => model === alias)) return new GatewayError('AI_MODEL_NOT_FOUND', details);
    return lasting(details, 'The provider of this model does not know it.');
  }
  if (all('unsupported', 'not_found', 'unauthorized', 'quota_exhausted')) {
    return lasting(details, 'The provider of this model does not take what is configured for it.');
  }
  if (all('context_window')) return new GatewayError('AI_CONTEXT_WINDOW_EXCEEDED', details);
  if (all('content_policy')) return new GatewayError('AI_INPUT_BLOCKED', details);
  if (all('rate_limited', 'at_limit')) return new GatewayError('RATE_LIMITED', retrying);
  if (all('stream_incomplete')) return new GatewayError('AI_STREAM_INCOMPLETE', details);
  return new GatewayError('AI_MODEL_UNAVAILABLE', retrying);
}

/** A failure that the operator has to fix, at the provider or in the configuration. */
function lasting(details: GatewayErrorDetails, message: string): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { ...details, message, isLasting: true });
}

/** The sentence of `AI_REQUEST_UNSUPPORTED` that names what cannot be done. */
export function unsupportedSentence(what: string | undefined): string {
  const { client } = errorTable.AI_REQUEST_UNSUPPORTED;
  return what === undefined ? client : `${client.slice(0, -1)}: ${what}.`;
}
