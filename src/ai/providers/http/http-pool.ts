/**
 * A provider's keep-alive connections. The only import of undici in this folder. A call has its connection exclusively
 * (no HTTP/2), so that ending a call closes the provider's connection. Redirects are never followed: a key and a prompt
 * are only sent to the configured host (the class of CVE-2024-6587).
 */
import type * as Undici from 'undici';
import type { Agent } from 'undici';
import { packageOnDemand } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import { HttpExchange } from './http-exchange.ts';

const undici = packageOnDemand<typeof Undici>('undici');

export interface HttpPoolOptions {
  /** The bound of connections to one host; further calls wait for one within their deadline. @default 1_000 */
  readonly maxConnections?: number;
  /** The connect timeout. @default 10_000 */
  readonly connectTimeoutMs?: number;
}

export interface HttpMessage {
  readonly method: 'POST' | 'GET';
  readonly url: URL;
  /** Names and values alternately. */
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

export function createHttpPool(options: HttpPoolOptions = {}): HttpPool {
  let agent: Agent | undefined;
  let closed = false;
  const open = (): Agent => {
    if (closed) throw new Error('the connection pool is closed');
    agent ??= new (undici().Agent)({
      connections: options.maxConnections ?? 1_000,
      allowH2: false,
      connect: { timeout: options.connectTimeoutMs ?? 10_000 },
      // The call's own deadline covers the whole exchange; undici's two timeouts would only cover parts of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return agent;
  };
  return {
    send({ method, url, headers, body, maxBytes }, bounds) {
      const exchange = new HttpExchange(maxBytes, bounds);
      const { origin, pathname, search } = url;
      try {
        open().dispatch({ origin, path: `${pathname}${search}`, method, headers: headers as string[], body }, exchange);
      } catch (error) {
        exchange.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
      }
      return exchange;
    },
    async close() {
      closed = true;
      await agent?.destroy();
    },
  };
}
