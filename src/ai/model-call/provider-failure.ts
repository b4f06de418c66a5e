/** The failure of a provider call. Whether and how to retry is data on the failure. */
import type { Usage } from './usage.ts';

/**
 * The failure of a provider call; whether and how to retry is data on it.
 *
 * - `rate_limited` (429), `overloaded` (503, 529), `server_error` (other 5xx, 408, 409, errors in a stream),
 *   `connection` (no connection, reset, truncated body), `malformed` (an answer that is not valid on the wire),
 *   `timeout` (the deadline, or the target's own): the same request may succeed later or elsewhere
 * - `unauthorized` (401, 402, 403) and `quota_exhausted` (`insufficient_quota`): not to be retried with this key
 * - `not_found` (404: no such model), `invalid_request` (400, 422), `unsupported` (the target does not support the
 *   request; detected before the call), `unsupported_value` (reported by the provider): not to be retried on this
 *   target
 * - `context_window`: the input is too long for this model · `content_policy`: the provider refused the input
 * - `stream_incomplete`: a stream ended without the provider's terminal event
 */
export type FailureKind =
  | 'rate_limited'
  | 'overloaded'
  | 'server_error'
  | 'connection'
  | 'malformed'
  | 'timeout'
  | 'unauthorized'
  | 'quota_exhausted'
  | 'not_found'
  | 'invalid_request'
  | 'unsupported'
  | 'unsupported_value'
  | 'context_window'
  | 'content_policy'
  | 'stream_incomplete';

export interface FailureDetails {
  readonly kind: FailureKind;
  /** For the operator: the provider's status, code and message, without any key. At most 500 characters. */
  readonly detail: string;
  readonly status?: number;
  /** The provider's retry delay: from `retry-after-ms`, `retry-after` (seconds or a date), `RetryInfo`. */
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  /** The field that the provider does not accept. */
  readonly field?: string;
  /** The usage of the failed call, reported or estimated; it is booked. */
  readonly usage?: Usage;
  readonly cause?: unknown;
}

export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  readonly kind: FailureKind;
  readonly detail: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly usage: Usage | undefined;
  readonly field: string | undefined;

  constructor(details: FailureDetails) {
    super(details.detail, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = details.kind;
    this.detail = details.detail.slice(0, 500);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.usage = details.usage;
    this.field = details.field;
  }

  /** A copy with some details replaced, without the cause. */
  with(changes: Partial<Pick<ProviderFailure, 'kind' | 'detail' | 'requestId' | 'usage'>>): ProviderFailure {
    const { kind, detail, requestId, usage } = { ...this, ...changes };
    const { status, retryAfterMs, field } = this;
    return new ProviderFailure({
      kind,
      detail,
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(usage === undefined ? {} : { usage }),
      ...(field === undefined ? {} : { field }),
    });
  }
}
