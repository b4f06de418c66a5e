import { Deadline } from '../../lib/index.ts';
import type { HttpExchange, HttpHeaders } from './http-exchange.ts';
import { createHttpPool } from './http-pool.ts';

/** A `fetch` for the host of one provider's SDK, with connections of its own. */
export interface BoundedFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface BoundedFetchOptions {
  /** The largest answer that is read; a larger one breaks off with an error. */
  readonly maxBytes: number;
  /** How long an answer may take to its last byte where the signal of `init` does not end it before. @default 600_000 */
  readonly timeoutMs?: number;
}

/** Connection headers are the pool's; an answer that is encoded would not be read. */
const ownHeaders = new Set(['user-agent', 'accept-encoding', 'connection', 'host', 'content-length']);

/** Answers that have no body; `Response` refuses one. */
const bodiless = new Set([204, 205, 304]);

/**
 * A `fetch` for an SDK that wants one, laid over the provider's pool: redirects are answers, not followed; bodies are
 * bounded and pass as they are, byte for byte, as they arrive; what `init.signal` ends closes the connection. Rejects
 * with a `ProviderFailure` (connection, timeout, malformed) or the signal's reason; so does reading the body.
 *
 * Sends the headers it is given and says `isthmus` for the user agent: what runs here is nobody's business.
 */
export function boundedFetch(options: BoundedFetchOptions): BoundedFetch {
  const { maxBytes, timeoutMs = 600_000 } = options;
  const pool = createHttpPool();
  const bounded = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const request = input instanceof Request ? input : undefined;
    const method = init.method ?? request?.method ?? 'GET';
    if (method !== 'POST' && method !== 'GET') throw new TypeError(`${method} is not sent to providers`);
    const headers = ['user-agent', 'isthmus', 'accept-encoding', 'identity'];
    for (const [name, value] of new Headers(init.headers ?? request?.headers)) {
      if (!ownHeaders.has(name)) headers.push(name, value);
    }
    const signal = init.signal ?? request?.signal ?? new AbortController().signal;
    const exchange = pool.send(
      {
        method,
        url: new URL(request === undefined ? (input as string | URL) : request.url),
        headers,
        body: await readBody(init.body ?? request?.body ?? null),
        maxBytes,
      },
      { signal, deadline: Deadline.in(timeoutMs) },
    );
    await exchange.headersArrived();
    const { status } = exchange;
    return new Response(bodiless.has(status) ? null : streamOf(exchange), {
      status,
      headers: responseHeaders(exchange.headers),
    });
  };
  return Object.assign(bounded, { close: () => pool.close() });
}

async function readBody(body: BodyInit | null): Promise<string | Uint8Array | null> {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) return body;
  return new Uint8Array(await new Response(body).arrayBuffer());
}

function streamOf(exchange: HttpExchange): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const chunks = await exchange.read();
        if (chunks === undefined) controller.close();
        else for (const chunk of chunks) controller.enqueue(Uint8Array.from(chunk));
      },
      cancel: () => exchange.stop(),
    },
    { highWaterMark: 0 },
  );
}

function responseHeaders(headers: HttpHeaders): Headers {
  const made = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') made.append(name, value);
    else for (const one of value ?? []) made.append(name, one);
  }
  return made;
}
