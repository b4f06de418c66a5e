/**
 * Whether a cached answer is used: by its time, by what the client asks of caches (RFC 9111, section 5.2.1), and by what the
 * client has written, before which the answer's data must not have been read.
 */
import type { CachedResponse } from '../cache/index.ts';
import type { CacheDemands } from '../transport/index.ts';

/** `use` · `renew`: it is used, and read anew for those who come after · `unusable` */
export type Usability = 'use' | 'renew' | 'unusable';

/** @param staleMs how long after its time an answer is used while it is read anew */
export function usabilityOf(
  { response, ageMs, staleMs: pastMs }: CachedResponse,
  staleMs: number,
  demands: CacheDemands | undefined,
): Usability {
  const mayBeStaleMs = demands === undefined ? staleMs : mayBeStale(demands, staleMs);
  if (pastMs > mayBeStaleMs) return 'unusable';
  if (demands !== undefined && !meets(ageMs, pastMs, demands)) return 'unusable';
  return pastMs > 0 || ageMs >= response.renewMs ? 'renew' : 'use';
}

/** Whether a stale answer is used where reading it anew has failed, which may have taken long. */
export function isUsableIfError(
  { ageMs, staleMs: pastMs, lookupAt }: CachedResponse,
  staleIfErrorMs: number,
  demands: CacheDemands | undefined,
): boolean {
  const sinceMs = performance.now() - lookupAt;
  if (pastMs + sinceMs > staleIfErrorMs) return false;
  if (demands === undefined) return true;
  return demands.isNoCache !== true && isReadSince(ageMs + sinceMs, demands);
}

/** Its age now: what was looked up before others were asked has grown older. */
export function ageNow({ ageMs, lookupAt }: CachedResponse): number {
  return ageMs + performance.now() - lookupAt;
}

/** A client that says how old an answer may be takes none that is stale, unless it says that, too. */
function mayBeStale({ maxAgeMs, minFreshMs, maxStaleMs }: CacheDemands, staleMs: number): number {
  if (maxStaleMs !== undefined) return Math.max(staleMs, maxStaleMs);
  return maxAgeMs === undefined && minFreshMs === undefined ? staleMs : 0;
}

function meets(ageMs: number, pastMs: number, demands: CacheDemands): boolean {
  const { isNoCache, maxAgeMs, minFreshMs } = demands;
  if (isNoCache === true) return false;
  if (maxAgeMs !== undefined && ageMs > maxAgeMs) return false;
  if (minFreshMs !== undefined && -pastMs < minFreshMs) return false;
  return isReadSince(ageMs, demands);
}

function isReadSince(ageMs: number, { writtenMsAgo }: CacheDemands): boolean {
  return writtenMsAgo === undefined || ageMs < writtenMsAgo();
}

/** Whether nothing that others read will do: waiting for them would be in vain. */
export function isReadAlone(demands: CacheDemands | undefined): boolean {
  return demands?.isNoCache === true || demands?.maxAgeMs === 0;
}
