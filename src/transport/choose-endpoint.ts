/**
 * Picks the URL for a request: the least busy of those that are well, in turn where several are equally busy.
 *
 * A URL whose breaker is open is not chosen at all; one that failed several times in a row, or has just failed this
 * request, only where there is no other. One that is due to be tried again is tried by a query, never by a mutation
 * that could go elsewhere.
 */
import type { Endpoint } from './endpoint.ts';

export class EndpointChooser {
  readonly #endpoints: readonly Endpoint[];
  #turn = 0;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  /** @param failed the URL that has just failed the same request */
  choose(kind: 'query' | 'mutation', failed: Endpoint | undefined, now: number): Endpoint | undefined {
    const only = this.#endpoints[0];
    if (this.#endpoints.length === 1 && only !== undefined) return only.readiness(now) === 'open' ? undefined : only;
    return this.#chooseAmong(kind, failed, now);
  }

  #chooseAmong(kind: 'query' | 'mutation', failed: Endpoint | undefined, now: number): Endpoint | undefined {
    const count = this.#endpoints.length;
    this.#turn = (this.#turn + 1) % count;
    let best: Endpoint | undefined;
    let lastResort: Endpoint | undefined;
    for (let step = 0; step < count; step++) {
      const endpoint = this.#endpoints[(this.#turn + step) % count];
      if (endpoint === undefined) continue;
      const readiness = endpoint.readiness(now);
      if (readiness === 'open') continue;
      if (readiness === 'probe' && kind === 'query' && endpoint !== failed) return endpoint;
      if (readiness !== 'ready' || endpoint === failed) {
        if (lastResort === undefined || endpoint.inFlight < lastResort.inFlight) lastResort = endpoint;
      } else if (best === undefined || endpoint.inFlight < best.inFlight) best = endpoint;
    }
    return best ?? lastResort;
  }
}
