import type { LimitsConfig } from '../config/index.ts';
import type { ErrorCode, GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import { clientNameOf, type LimitedClient } from './client-limits.ts';

/** What becomes of a request that exceeds limits: it is refused with all of them, or served and logged (`measure`). */
export class Excesses {
  readonly #mode: LimitsConfig['mode'];
  readonly #log: Logger;
  /** How many requests exceeded each limit, since the generation serves. */
  readonly #counts = new Map<ErrorCode, number>();

  constructor(mode: LimitsConfig['mode'], log: Logger) {
    this.#mode = mode;
    this.#log = log;
  }

  get areRefused(): boolean {
    return this.#mode === 'enforce';
  }

  /** @throws AggregateError of them where limits are enforced */
  report(exceeded: readonly GatewayError[], client: LimitedClient): void {
    if (exceeded.length === 0) return;
    if (this.areRefused) throw new AggregateError(exceeded);
    this.measure(exceeded, client);
  }

  /** Logs what would have been refused. */
  measure(exceeded: readonly GatewayError[], client: LimitedClient): void {
    const { requestId, principal } = client;
    const limits = exceeded.map(({ code, facts, service }) => ({
      code,
      service,
      ...facts,
      requests: this.#count(code),
    }));
    const fields = { requestId, principal: principal.id, clientName: clientNameOf(client), limits };
    this.#log.info(fields, 'limits would be exceeded (mode: measure)');
  }

  #count(code: ErrorCode): number {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    return count;
  }
}
