/**
 * A provider's keep-alive connections, through undici: this folder's door to it. One call is one connection for as long
 * as it lasts (no HTTP/2), so that stopping a call closes what the provider writes to. Redirects are never followed: a
 * key and a prompt stay with the host that was configured (the class of CVE-2024-6587).
 */
import { Agent } from 'undici';
import type { CallBounds } from '../../model-call/index.ts';
import { HttpExchange } from './http-exchange.ts';

export interface HttpPoolOptions {
  /** The most connections to one host; calls beyond it wait for one within their deadline. @default 1_000 */
  readonly maxConnections?: number;
  /** How long connecting may take. @default 10_000 */
  readonly connectTimeoutMs?: number;
}

export interface HttpMessage {
  readonly method: 'POST' | 'GET';
  readonly url: URL;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | null;
  /** The largest answer that is read. */
  readonly maxBytes: number;
}

export interface HttpPool {
  /** Sends a message; what becomes of it is told by the exchange. Throws where the bounds are already passed. */
  send(message: HttpMessage, bounds: CallBounds): HttpExchange;
  close(): Promise<void>;
}

export function createHttpPool(options: HttpPoolOptions = {}): HttpPool {
  const agent = new Agent({
    connections: options.maxConnections ?? 1_000,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs ?? 10_000 },
    // The call's own deadline covers the whole exchange; undici's two would only cover parts of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send({ method, url, headers, body, maxBytes }, bounds) {
      const exchange = new HttpExchange(maxBytes, bounds);
      const { origin, pathname, search } = url;
      try {
        agent.dispatch({ origin, path: `${pathname}${search}`, method, headers: headers as string[], body }, exchange);
      } catch (error) {
        exchange.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
      }
      return exchange;
    },
    close: () => agent.destroy(),
  };
}
