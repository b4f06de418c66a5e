import type { HttpClient } from '../../../config/index.ts';
import { Deadline } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import type { HttpHeaders } from '../../wires/shared/index.ts';
import type { HttpExchange } from './http-exchange.ts';
import { createHttpPool } from './http-pool.ts';

/** A `fetch` for one provider's host, with its own connections. */
export interface BoundedFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * The underlying exchange once its headers have arrived, for code that reads the bytes without the SDK. Bounded by
   * `bounds` instead of `init.signal`.
   */
  open(input: string | URL | Request, init: RequestInit, bounds: CallBounds): Promise<HttpExchange>;
  close(): Promise<void>;
}

export interface BoundedFetchOptions {
  /** The bound of an answer's body in bytes; a larger one fails. */
  readonly maxBytes: number;
  /** The time limit of an answer, to its last byte, unless the signal of `init` ends it before. @default 600_000 */
  readonly timeoutMs?: number;
  /** What sends the requests. @default 'lean' */
  readonly client?: HttpClient | undefined;
}

/** The pool sets the connection headers; an encoded answer would not be decoded. */
const ownHeaders = new Set(['user-agent', 'accept-encoding', 'connection', 'host', 'content-length']);

/** Statuses without a body; `Response` refuses one. */
const bodiless = new Set([204, 205, 304]);

/**
 * A `fetch` for SDKs that require one, on top of the provider's pool: redirects are returned, not followed; bodies are
 * bounded and passed through unchanged as they arrive; an abort of `init.signal` closes the connection. Rejects with a
 * `ProviderFailure` (connection, timeout, malformed) or the signal's reason; so does reading the body.
 *
 * Sends the caller's headers, with the user agent `isthmus`: versions and runtime are not disclosed.
 */
export function boundedFetch(options: BoundedFetchOptions): BoundedFetch {
  const { maxBytes, timeoutMs = 600_000 } = options;
  const pool = createHttpPool({ client: options.client });

  async function open(input: string | URL | Request, init: RequestInit, bounds: CallBounds): Promise<HttpExchange> {
    const request = input instanceof Request ? input : undefined;
    const method = init.method ?? request?.method ?? 'GET';
    if (method !== 'POST' && method !== 'GET') throw new TypeError(`${method} is not sent to providers`);
    const body = init.body ?? request?.body ?? null;
    const exchange = pool.send(
      {
        method,
        url: new URL(request === undefined ? (input as string | URL) : request.url),
        headers: sentHeaders(init.headers ?? request?.headers),
        body: isSent(body) ? body : new Uint8Array(await new Response(body).arrayBuffer()),
        maxBytes,
      },
      bounds,
    );
    await exchange.headersArrived();
    return exchange;
  }

  const bounded = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const signal = init.signal ?? (input instanceof Request ? input.signal : new AbortController().signal);
    return responseOf(await open(input, init, { signal, deadline: Deadline.in(timeoutMs) }));
  };
  return Object.assign(bounded, { open, close: () => pool.close() });
}

/** Notified about a body while it is read. */
export interface BodyWatch {
  end(how: 'ended' | 'cut'): void;
}

/** The `Response` for the SDK; the body is read on demand. */
export function responseOf(exchange: HttpExchange, watch?: BodyWatch): Response {
  const { status, headers } = exchange;
  return new Response(bodiless.has(status) ? null : streamOf(exchange, watch), {
    status,
    headers: responseHeaders(headers),
  });
}

function streamOf(exchange: HttpExchange, watch: BodyWatch | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        let chunks: readonly Buffer[] | undefined;
        try {
          chunks = await exchange.read();
        } catch (error) {
          watch?.end('cut');
          throw error;
        }
        if (chunks === undefined) {
          watch?.end('ended');
          controller.close();
          return;
        }
        for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
      },
      cancel: () => exchange.stop(),
    },
    { highWaterMark: 0 },
  );
}

export function responseHeaders(headers: HttpHeaders): Headers {
  const copy = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') copy.append(name, value);
    else for (const item of value ?? []) copy.append(name, item);
  }
  return copy;
}

/** SDKs mostly pass a plain object, which is faster than `Headers` (3 µs a call). */
function sentHeaders(original: HeadersInit | undefined): readonly string[] {
  const pairs = ['user-agent', 'isthmus', 'accept-encoding', 'identity'];
  const isPlain = original !== undefined && Object.getPrototypeOf(original) === Object.prototype;
  for (const [name, value] of isPlain ? Object.entries(original) : new Headers(original)) {
    if (!ownHeaders.has(name.toLowerCase())) pairs.push(name, value);
  }
  return pairs;
}

function isSent(body: BodyInit | null): body is string | Uint8Array<ArrayBuffer> | null {
  return body === null || typeof body === 'string' || body instanceof Uint8Array;
}
