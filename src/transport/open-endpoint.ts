/**
 * Opens one URL of a subgraph with the client that is set for it: our own (lean/) for plain HTTP/1.1, which hands over to
 * undici where a server chooses HTTP/2, or undici for everything. No other file of this folder imports undici.
 */
import type * as Undici from 'undici';
import { packageOnDemand } from '../lib/index.ts';
import type { ClientCredentials } from '../tls/index.ts';
import { type ConnectionPool, Endpoint } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import type { HttpSubgraphOptions } from './http-subgraph-options.ts';
import type { LeanRequest } from './lean/lean-exchange.ts';
import { LeanPool } from './lean/lean-pool.ts';

const undici = packageOnDemand<typeof Undici>('undici');

/** undici's pool, which knows no headers that are prepared. */
class UndiciPool implements ConnectionPool {
  readonly #pool: Undici.Pool;

  constructor(origin: string, options: Undici.Pool.Options) {
    this.#pool = new (undici().Pool)(origin, options);
  }

  dispatch({ path, method, fixedHeaders = [], headers, body }: LeanRequest, exchange: Exchange): boolean {
    return this.#pool.dispatch({ path, method, headers: [...fixedHeaders, ...headers], body }, exchange);
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** New connections are made with the credentials of the day; a connector keeps sessions, which belong to those it was made with. */
function followingConnector(
  tls: NonNullable<HttpSubgraphOptions['tls']>,
  options: Undici.buildConnector.BuildOptions,
): Undici.buildConnector.connector {
  let connector: { readonly of: ClientCredentials; readonly connect: Undici.buildConnector.connector } | undefined;
  return (target, callback) => {
    const { current } = tls;
    if (connector?.of !== current)
      connector = { of: current, connect: undici().buildConnector({ ...options, ...current.options }) };
    return connector.connect(target, callback);
  };
}

/** @returns the URL with its connections, none of which is open yet */
export function openEndpoint(url: string, options: HttpSubgraphOptions): Endpoint {
  const connections = options.maxConnections ?? 100;
  const { origin } = new URL(url);
  const connectTimeoutMs = options.connectTimeoutMs ?? 1_000;
  const allowH2 = options.http2 ?? true;
  const openUndici = (): ConnectionPool =>
    new UndiciPool(origin, {
      connections,
      allowH2,
      connect:
        options.tls === undefined
          ? { timeout: connectTimeoutMs }
          : followingConnector(options.tls, { timeout: connectTimeoutMs, allowH2 }),
      // The call's own deadline covers the whole exchange; undici's two would only cover parts of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  const pool =
    options.client === 'undici'
      ? openUndici()
      : new LeanPool({
          origin,
          connections,
          connectTimeoutMs,
          tls: options.tls,
          http2: allowH2 ? openUndici : undefined,
        });
  return new Endpoint({
    url,
    pool,
    maxInFlight: options.maxInFlight ?? connections * 50,
    breaker: options.breaker,
    breakerShare:
      options.signals === undefined
        ? undefined
        : { signals: options.signals, topic: `subgraph breaker ${options.name} ${url}` },
    onBreakerChange: options.onBreakerChange,
  });
}
