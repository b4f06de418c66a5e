/**
 * A provider's keep-alive connections, by the gateway's own client or by undici, which no other file of this folder
 * imports. A call has its connection exclusively (no HTTP/2), so that ending a call closes the provider's connection.
 * Redirects are never followed: a key and a prompt are only sent to the configured host (the class of CVE-2024-6587).
 */
import type * as Undici from 'undici';
import type { HttpClient } from '../../../config/index.ts';
import { packageOnDemand } from '../../../lib/index.ts';
import { LeanPool } from '../../../transport/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import { HttpExchange } from './http-exchange.ts';

const undici = packageOnDemand<typeof Undici>('undici');

export interface HttpPoolOptions {
  /** What sends the requests. @default 'lean' */
  readonly client?: HttpClient | undefined;
  /** The bound of connections to one host; further calls wait for one within their deadline. @default 1_000 */
  readonly maxConnections?: number;
  /** The connect timeout. @default 10_000 */
  readonly connectTimeoutMs?: number;
}

export interface HttpMessage {
  readonly method: 'POST' | 'GET';
  readonly url: URL;
  /** Headers that many requests have: the same array each time, whose text is made once. @default none */
  readonly fixedHeaders?: readonly string[];
  /** Names and values alternately, as those of `fixedHeaders`, which they follow. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | null;
  /** The bound of an answer's body in bytes. */
  readonly maxBytes: number;
}

export interface HttpPool {
  /** Sends a message; the exchange has the outcome. Throws if the bounds have already passed. */
  send(message: HttpMessage, bounds: CallBounds): HttpExchange;
  close(): Promise<void>;
}

/** Sends one message, and reports what happens to its exchange. */
interface Sender {
  send(message: HttpMessage, exchange: HttpExchange): void;
  close(): Promise<void>;
}

export function createHttpPool(options: HttpPoolOptions = {}): HttpPool {
  const { client = 'lean', maxConnections = 1_000, connectTimeoutMs = 10_000 } = options;
  const sender =
    client === 'lean'
      ? createLeanSender(maxConnections, connectTimeoutMs)
      : createUndiciSender(maxConnections, connectTimeoutMs);
  return {
    send(message, bounds) {
      const exchange = new HttpExchange(message.maxBytes, bounds);
      try {
        const { headers } = bounds;
        sender.send(
          headers === undefined ? message : { ...message, headers: [...message.headers, ...headers] },
          exchange,
        );
      } catch (error) {
        exchange.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
      }
      return exchange;
    },
    close: () => sender.close(),
  };
}

interface Destination {
  readonly pool: LeanPool<HttpExchange>;
  readonly path: string;
}

/** A provider has one origin, or a few where its package chooses among them. */
function createLeanSender(connections: number, connectTimeoutMs: number): Sender {
  const pools = new Map<string, LeanPool<HttpExchange>>();
  const destinations = new WeakMap<URL, Destination>();
  let isClosed = false;

  function destinationOf(url: URL): Destination {
    const { origin, pathname, search } = url;
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new LeanPool({ origin, connections, connectTimeoutMs });
      pools.set(origin, pool);
    }
    const destination: Destination = { pool, path: `${pathname}${search}` };
    destinations.set(url, destination);
    return destination;
  }

  return {
    send({ method, url, fixedHeaders, headers, body }, exchange) {
      if (isClosed) throw new Error('the connections are closed');
      // Most calls have the same URL.
      const { pool, path } = destinations.get(url) ?? destinationOf(url);
      pool.dispatch({ path, method, ...(fixedHeaders && { fixedHeaders }), headers, body }, exchange);
    },
    async close() {
      isClosed = true;
      await Promise.all(Array.from(pools.values(), (pool) => pool.destroy()));
    },
  };
}

function createUndiciSender(connections: number, connectTimeoutMs: number): Sender {
  const agent = new (undici().Agent)({
    connections,
    allowH2: false,
    connect: { timeout: connectTimeoutMs },
    // The call's own deadline covers the whole exchange; undici's two timeouts would only cover parts of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send({ method, url, fixedHeaders = [], headers, body }, exchange) {
      const { origin, pathname, search } = url;
      const all = [...fixedHeaders, ...headers];
      agent.dispatch({ origin, path: `${pathname}${search}`, method, headers: all, body }, exchange);
    },
    close: () => agent.destroy(),
  };
}
