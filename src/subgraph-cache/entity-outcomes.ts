/** What the entity cache of a subgraph did: counted, told to those who ask, and compared with the source. */
import type { CacheHints, CacheOutcome, CacheOutcomes, Verification } from '../cache/index.ts';
import { firstDifference, wholeSeconds } from '../lib/index.ts';
import type { FetchEvent, Logger } from '../observability/index.ts';
import type { RequestContext, SubgraphClient, SubgraphRequest } from '../transport/index.ts';
import { FetchReport } from './fetch-report.ts';
import { fieldPath } from './field-path.ts';
import { entitiesOf, isWhole } from './join-groups.ts';
import { backgroundOf, type Part, typeOfPart, unwatched, type Wave } from './part.ts';

export interface EntityOutcomesOptions {
  /** What the subgraph’s schema says of its fields. */
  readonly hints: CacheHints;
  readonly outcomes: CacheOutcomes;
  /** Which hits are compared with their source. */
  readonly verification: Verification;
  /** How long that may take. */
  readonly refreshTimeoutMs: number;
  readonly log: Logger;
}

export class EntityOutcomes {
  readonly #client: SubgraphClient;
  readonly #options: EntityOutcomesOptions;

  constructor(client: SubgraphClient, options: EntityOutcomesOptions) {
    this.#client = client;
    this.#options = options;
  }

  count(parts: readonly Part[], representations: readonly string[] | undefined, event: FetchEvent | undefined): void {
    const { outcomes } = this.#options;
    noteHits(event, parts);
    // Neighbours are mostly alike: they are counted together.
    let [type, outcome, count]: [string, CacheOutcome, number] = ['', 'hits', 0];
    for (let index = 0; index < parts.length; index++) {
      const { cached, usability } = parts[index] as Part;
      const nextType = typeOfPart(representations, index);
      const next = cached === undefined || usability === 'unusable' ? 'misses' : cached.staleMs > 0 ? 'stale' : 'hits';
      if (nextType !== type || next !== outcome) {
        outcomes.count('entities', this.#client.name, type, outcome, count);
        [type, outcome, count] = [nextType, next, 0];
      }
      count++;
    }
    outcomes.count('entities', this.#client.name, type, outcome, count);
  }

  /** Compares hits with their source, after they have been answered, and names what is no longer so. */
  verify(
    { request, parts, context }: Wave,
    indexes: readonly number[],
    representations: readonly string[] | undefined,
  ): void {
    const { outcomes, verification, refreshTimeoutMs, log } = this.#options;
    verification.run(async () => {
      const response = await this.#client.execute(unwatched(request), backgroundOf(context, refreshTimeoutMs));
      if (!isWhole(response)) return;
      const values = representations === undefined ? [response.data] : entitiesOf(response, parts.length);
      for (const [position, part] of parts.entries()) {
        if (values === undefined || part.cached === undefined) return;
        const type = typeOfPart(representations, indexes[position] ?? 0);
        outcomes.count('entities', this.#client.name, type, 'verified');
        const difference = firstDifference(part.cached.response.value, values[position] ?? null);
        if (difference === undefined) continue;
        outcomes.count('entities', this.#client.name, type, 'wrong');
        const ageSeconds = wholeSeconds(part.cached.ageMs);
        const field = fieldPath(request.query, difference, representations !== undefined);
        log.warn(
          { subgraph: this.#client.name, type, field, ageSeconds },
          'a cached entity is not what its subgraph says now (cache.verify): its field is good for a shorter time',
        );
      }
    });
  }

  /** What clients that ask are told of the request, from now on. */
  report(
    parts: readonly Part[],
    representations: readonly string[] | undefined,
    { query }: SubgraphRequest,
    { cacheReport }: RequestContext,
  ): FetchReport | undefined {
    if (cacheReport === undefined) return undefined;
    const { hints } = this.#options;
    const fields = () => hints.fieldsOf(query);
    const report = new FetchReport({ subgraph: this.#client.name, parts, representations, fields });
    cacheReport.fetch(report);
    return report;
  }
}

/** Tells the request's event what was found in the cache: at first, and after waiting for others that read it. */
export function noteHits(event: FetchEvent | undefined, parts: readonly Part[]): void {
  if (event === undefined) return;
  for (const { cached, usability } of parts) {
    if (cached === undefined || usability === 'unusable') continue;
    if (cached.staleMs > 0) event.cacheStale++;
    else event.cacheHits++;
  }
}
