/**
 * How the server ends without dropping a request: it reports that it is not ready, still serves new requests until
 * balancers have noticed, then closes; requests in flight finish, and connections close after their answer.
 */
import type { FastifyInstance } from 'fastify';
import type { Exchanges } from './exchanges.ts';

/** How long new requests are still served while draining, for balancers that have not noticed yet. */
const lameDuckMs = 5_000;
/** How long open connections are silent before they are closed: longer than a request is on its way. */
const quietMs = 100;

export interface ShutdownOptions {
  readonly app: FastifyInstance;
  readonly exchanges: Exchanges;
  /** Milliseconds after which requests in flight are cut: server.drain_timeout. */
  readonly drainTimeoutMs: number;
}

export class Shutdown {
  readonly #options: ShutdownOptions;
  #isDraining = false;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** @returns whether every request in flight finished within the drain timeout */
  async drain(): Promise<boolean> {
    const { app, exchanges, drainTimeoutMs } = this.#options;
    this.#isDraining = true;
    const graceEnds = performance.now() + drainTimeoutMs;
    await exchanges.quiet(quietMs, Math.min(lameDuckMs, drainTimeoutMs / 2));
    const closed = app.close();
    const finished = await exchanges.settled(graceEnds - performance.now());
    exchanges.cutAll();
    await closed;
    return finished;
  }
}
