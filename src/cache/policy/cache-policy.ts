/** How long something may be cached, and for whom. */
export interface CachePolicy {
  /** Not whole where the answer is older than its `max-age` says; 0: not at all. */
  readonly maxAgeMs: number;
  /** `private`: for one reader. */
  readonly scope: 'public' | 'private';
}

export const notCached: CachePolicy = { maxAgeMs: 0, scope: 'public' };

/** The shortest time, for the fewest readers. */
export function strictestOf(a: CachePolicy | undefined, b: CachePolicy): CachePolicy {
  if (a === undefined) return b;
  const isPrivate = a.scope === 'private' || b.scope === 'private';
  return { maxAgeMs: Math.min(a.maxAgeMs, b.maxAgeMs), scope: isPrivate ? 'private' : 'public' };
}
