/** The caching headers of a response (RFC 9111), as a cache that is shared by readers is to understand them. */
import { readCacheDirectives } from './cache-directives.ts';
import { type CachePolicy, notCached } from './cache-policy.ts';

export interface CachingHeaders {
  readonly cacheControl: string;
  readonly age?: string | undefined;
  readonly vary?: string | undefined;
}

/** @returns `notCached` for what is contradictory or cannot be read: the stricter meaning */
export function readCacheControl({ cacheControl, age, vary }: CachingHeaders): CachePolicy {
  if (vary?.split(',').some((name) => name.trim() === '*') === true) return notCached;
  const directives = readCacheDirectives(cacheControl);
  if (directives.has('no-store') || directives.has('no-cache')) return notCached;
  const isPrivate = directives.has('private');
  const lifetime = (isPrivate ? undefined : directives.get('s-maxage')) ?? directives.get('max-age');
  const maxAge = secondsOf(lifetime);
  const spent = age === undefined ? 0 : secondsOf(age.trim());
  if (maxAge === undefined || spent === undefined || spent >= maxAge) return notCached;
  return { maxAgeMs: (maxAge - spent) * 1000, scope: isPrivate ? 'private' : 'public' };
}

const mostSeconds = 31_536_000;

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Math.min(Number(text), mostSeconds) : undefined;
}
