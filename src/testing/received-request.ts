import type { IncomingHttpHeaders } from 'node:http';
import type { Wire } from './wire.ts';

/**
 * - `answered`: everything that was scripted was sent
 * - `stopped`: a fault ended the connection
 * - `aborted`: the client closed the connection first
 */
export type RequestOutcome = 'answered' | 'stopped' | 'aborted';

/** A received request and its outcome. */
export interface ReceivedRequest {
  /** 0 for the first since the start or the last `reset()`. */
  readonly number: number;
  readonly wire: Wire;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** The key of the request: a bearer token, `x-api-key`, `api-key`, `x-goog-api-key` or `?key=`. */
  readonly key: string | undefined;
  /** From its body or its path; `unnamed` if neither has it. */
  readonly model: string;
  readonly isStream: boolean;
  /** Its parsed body; the text itself if it is not JSON. */
  readonly body: unknown;
  /** When it was read, by `performance.now()`. */
  readonly startedAt: number;
  /** The number of complete events (or, for an answer that is not a stream, bodies) written so far. */
  readonly sentChunks: number;
  /** Whether the client closed the connection before it was answered. */
  readonly aborted: boolean;
  /** Resolves when the answer has been sent, or the connection is gone. It never rejects. */
  readonly ended: Promise<RequestOutcome>;
}

/** The provider's own, mutable view of a request. */
export type OpenRequest = { -readonly [Field in keyof ReceivedRequest]: ReceivedRequest[Field] };

export function keyOf(headers: IncomingHttpHeaders, query: string): string | undefined {
  const { authorization } = headers;
  if (authorization?.startsWith('Bearer ')) return authorization.slice(7);
  const apiKey = headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'];
  if (typeof apiKey === 'string') return apiKey;
  return query === '' ? undefined : (new URLSearchParams(query).get('key') ?? undefined);
}
