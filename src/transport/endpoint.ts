/**
 * One URL of a subgraph: its connections, its breaker, how busy it is, and whether it has been failing.
 * After five failures in a row it is passed over for a while, where another URL can be asked instead: the breaker alone
 * would need twenty requests to see it, and a URL that refuses connections looks like the least busy one.
 */
import type { BreakerConfig } from '../config/index.ts';
import type { ServerAddress } from '../observability/index.ts';
import { type BreakerShare, type BreakerState, CircuitBreaker, type Verdict } from './circuit-breaker.ts';
import type { Exchange } from './exchange.ts';
import type { LeanRequest } from './lean/lean-exchange.ts';

const failuresToEject = 5;
const ejectionMs = 5_000;

/** The keep-alive connections to one origin. */
export interface ConnectionPool {
  dispatch(request: LeanRequest, exchange: Exchange): boolean;
  destroy(): Promise<void>;
}

export interface EndpointOptions {
  readonly url: string;
  readonly pool: ConnectionPool;
  /** The most requests sent or waiting for a connection; one more is refused. */
  readonly maxInFlight: number;
  readonly breaker: BreakerConfig | undefined;
  /** How the breakers of other workers for the same URL are followed. */
  readonly breakerShare?: BreakerShare | undefined;
  readonly onBreakerChange?: ((url: string, state: BreakerState) => void) | undefined;
}

export class Endpoint {
  readonly url: string;
  readonly path: string;
  readonly server: ServerAddress;
  readonly pool: ConnectionPool;
  readonly maxInFlight: number;
  inFlight = 0;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #ejectionMs: number;
  #failuresInRow = 0;
  #ejectedUntil = 0;

  constructor({ url, pool, maxInFlight, breaker, breakerShare, onBreakerChange }: EndpointOptions) {
    const { protocol, hostname, port, pathname, search } = new URL(url);
    this.url = url;
    this.path = pathname + search;
    this.server = {
      address: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    };
    this.pool = pool;
    this.maxInFlight = maxInFlight;
    this.#ejectionMs = breaker?.sleepMs ?? ejectionMs;
    this.#breaker =
      breaker === undefined
        ? undefined
        : new CircuitBreaker(breaker, (state) => onBreakerChange?.(url, state), breakerShare);
  }

  get breakerState(): BreakerState {
    return this.#breaker?.state ?? 'closed';
  }

  readiness(now: number): 'ready' | 'probe' | 'open' | 'ejected' {
    const readiness = this.#breaker?.readiness(now) ?? 'ready';
    return readiness === 'ready' && now < this.#ejectedUntil ? 'ejected' : readiness;
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    this.#breaker?.close();
    await this.pool.destroy();
  }

  /** @returns whether this request is the one that tries whether the URL is well again */
  begin(now: number): boolean {
    this.inFlight++;
    if (this.#breaker?.readiness(now) !== 'probe') return false;
    this.#breaker.beginProbe();
    return true;
  }

  end(verdict: Verdict, probe: boolean, now: number): void {
    this.inFlight--;
    this.#breaker?.record(verdict, probe, now);
    if (verdict === 'success') this.#failuresInRow = 0;
    else if (verdict === 'failure' && ++this.#failuresInRow >= failuresToEject) {
      this.#ejectedUntil = now + this.#ejectionMs;
    }
  }
}
