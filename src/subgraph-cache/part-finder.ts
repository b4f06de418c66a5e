/** Finds what is cached of the parts of an answer, and says whether it is used. */
import { type ResponseCache, readerOf } from '../cache/index.ts';
import type { EntitiesConfig } from '../config/index.ts';
import type { RequestContext } from '../transport/index.ts';
import type { Part } from './part.ts';
import { isUsableIfError, usabilityOf } from './usability.ts';

export interface PartFinderOptions {
  readonly cache: ResponseCache;
  readonly config: EntitiesConfig;
}

export class PartFinder {
  readonly #options: PartFinderOptions;

  constructor(options: PartFinderOptions) {
    this.#options = options;
  }

  /** @param keys of the parts */
  find(
    keys: readonly string[],
    { principal, cacheDemands }: RequestContext,
  ): readonly Part[] | Promise<readonly Part[]> {
    const { cache, config } = this.#options;
    const lookups = cache.findMany(keys, readerOf(config.scopeBy, principal));
    const toParts = (found: Awaited<typeof lookups>): readonly Part[] =>
      found.map(({ key: entryKey, cached }, index) => ({
        key: keys[index] as string,
        entryKey,
        cached,
        usability: cached === undefined ? 'unusable' : usabilityOf(cached, config.staleWhileRevalidateMs, cacheDemands),
      }));
    return lookups instanceof Promise ? lookups.then(toParts) : toParts(lookups);
  }

  /** Whether a stale part is used where reading it anew has failed. */
  isUsableIfError({ cached }: Part, { cacheDemands }: RequestContext): boolean {
    return cached !== undefined && isUsableIfError(cached, this.#options.config.staleIfErrorMs, cacheDemands);
  }
}
