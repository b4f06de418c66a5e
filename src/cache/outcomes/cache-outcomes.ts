/**
 * What the caches of answers did since this thread began, by subgraph and type: for `isthmus cache stats` and metrics. Whole answers have no
 * subgraph, and the root type. Bounded: the types are those of schemas.
 */

export type CacheOutcome =
  | 'hits'
  | 'stale'
  | 'misses'
  | 'stored'
  /** Hits that were compared with their source (`cache.verify`), and those that differed. */
  | 'verified'
  | 'wrong';

export interface OutcomeCounts extends Readonly<Record<CacheOutcome, number>> {
  readonly cache: 'responses' | 'entities';
  /** Empty for whole answers. */
  readonly subgraph: string;
  readonly type: string;
  /** Answers that were not stored, by the reason. */
  readonly refused: Readonly<Record<string, number>>;
}

type Counts = { -readonly [Key in CacheOutcome]: number } & { readonly refused: Map<string, number> };

/** More are counted together, without a type. */
const maxTypes = 2_000;

export class CacheOutcomes {
  readonly #counts = new Map<string, Counts>();

  count(cache: OutcomeCounts['cache'], subgraph: string, type: string, outcome: CacheOutcome, by = 1): void {
    if (by > 0) this.#of(cache, subgraph, type)[outcome] += by;
  }

  refuse(cache: OutcomeCounts['cache'], subgraph: string, type: string, reason: string, by = 1): void {
    const { refused } = this.#of(cache, subgraph, type);
    refused.set(reason, (refused.get(reason) ?? 0) + by);
  }

  snapshot(): readonly OutcomeCounts[] {
    return [...this.#counts].map(([key, { refused, ...counts }]) => {
      const [cache, subgraph = '', type = ''] = key.split('\n');
      return {
        cache: cache as OutcomeCounts['cache'],
        subgraph,
        type,
        ...counts,
        refused: Object.fromEntries(refused),
      };
    });
  }

  #of(cache: OutcomeCounts['cache'], subgraph: string, type: string): Counts {
    const key = `${cache}\n${subgraph}\n${type}`;
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      if (type !== '' && this.#counts.size >= maxTypes) return this.#of(cache, subgraph, '');
      counts = { hits: 0, stale: 0, misses: 0, stored: 0, verified: 0, wrong: 0, refused: new Map() };
      this.#counts.set(key, counts);
    }
    return counts;
  }
}
