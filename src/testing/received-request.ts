import type { IncomingHttpHeaders } from 'node:http';
import type { Wire } from './wire.ts';

/**
 * - `answered`: everything that was scripted was sent
 * - `stopped`: a fault ended the connection
 * - `aborted`: the client closed the connection first
 */
export type RequestOutcome = 'answered' | 'stopped' | 'aborted';

/** A request as it came, and what has become of it. */
export interface ReceivedRequest {
  /** 0 for the first since the start or the last `reset()`. */
  readonly number: number;
  readonly wire: Wire;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** The key it came with: a bearer token, `x-api-key`, `api-key`, `x-goog-api-key` or `?key=`. */
  readonly key: string | undefined;
  /** As its body or its path names it; `unnamed` where neither does. */
  readonly model: string;
  readonly isStream: boolean;
  /** Its parsed body; the text itself where it is no JSON. */
  readonly body: unknown;
  /** When it had been read, on `performance.now()`'s clock. */
  readonly startedAt: number;
  /** How many whole events (or, of an answer that is no stream, bodies) have been written so far. */
  readonly sentChunks: number;
  /** Whether the client closed the connection before it was answered. */
  readonly aborted: boolean;
  /** Resolves when the answer has been sent, or the connection is gone. It never rejects. */
  readonly ended: Promise<RequestOutcome>;
}

/** The provider's own view of a request: the same, still to be filled in. */
export type OpenRequest = { -readonly [Field in keyof ReceivedRequest]: ReceivedRequest[Field] };

export function keyOf(headers: IncomingHttpHeaders, query: string): string | undefined {
  const { authorization } = headers;
  if (authorization?.startsWith('Bearer ')) return authorization.slice(7);
  const apiKey = headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'];
  if (typeof apiKey === 'string') return apiKey;
  return query === '' ? undefined : (new URLSearchParams(query).get('key') ?? undefined);
}
