import type { CacheOutcome, OutcomeCounts } from './cache-outcomes.ts';

const counted: readonly CacheOutcome[] = ['hits', 'stale', 'misses', 'stored', 'verified', 'wrong'];

/** The outcomes of several threads, summed by cache, subgraph and type. */
export function sumOutcomes(outcomes: readonly OutcomeCounts[]): readonly OutcomeCounts[] {
  const sums = new Map<string, OutcomeCounts>();
  for (const each of outcomes) {
    const key = JSON.stringify([each.cache, each.subgraph, each.type]);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? each : add(sum, each));
  }
  return [...sums.values()];
}

function add(one: OutcomeCounts, other: OutcomeCounts): OutcomeCounts {
  const counts = Object.fromEntries(counted.map((name) => [name, one[name] + other[name]]));
  const refused: Record<string, number> = { ...one.refused };
  for (const [reason, count] of Object.entries(other.refused)) refused[reason] = (refused[reason] ?? 0) + count;
  return { ...one, ...counts, refused };
}
