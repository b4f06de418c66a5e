/** What a request asks of caches: the directives of `Cache-Control`, where its caller may direct them, and its write token. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../../../access/index.ts';
import { readCacheDirectives, type Soon, type WriteTokens, writeTokenHeader } from '../../../cache/index.ts';
import type { CacheConfig } from '../../../config/index.ts';
import type { CacheDemands } from '../../../transport/index.ts';

/** @returns undefined where it asks nothing */
export function cacheDemandsOf(
  headers: IncomingHttpHeaders,
  principal: Principal,
  { clientDirectives }: Pick<CacheConfig, 'clientDirectives'>,
  writes: WriteTokens | undefined,
): Soon<CacheDemands | undefined> {
  const control = headers['cache-control'];
  const demands =
    control !== undefined && mayDirect(principal, clientDirectives) ? readRequestDirectives(control) : undefined;
  const token = headers[writeTokenHeader];
  if (token === undefined || writes === undefined) return demands;
  const withWrite = (write: Awaited<ReturnType<WriteTokens['read']>>): CacheDemands | undefined =>
    write === undefined ? demands : { ...demands, writtenMsAgo: write.msAgo, writeId: write.id };
  const write = writes.read(token);
  return write instanceof Promise ? write.then(withWrite) : withWrite(write);
}

function mayDirect({ id, scopes, roles }: Principal, allowed: CacheConfig['clientDirectives']): boolean {
  if (allowed === 'nobody' || allowed === 'everyone') return allowed === 'everyone';
  return (
    allowed.ids.includes(id) ||
    scopes.some((scope) => allowed.scopes.includes(scope)) ||
    roles.some((role) => allowed.roles.includes(role))
  );
}

/**
 * The directives of RFC 9111, section 5.2.1. `no-transform` has nothing to forbid.
 * @returns undefined where none of them is there, or readable
 */
export function readRequestDirectives(control: string): CacheDemands | undefined {
  const directives = readCacheDirectives(control);
  const maxAgeMs = millisecondsOf(directives.get('max-age'));
  const minFreshMs = millisecondsOf(directives.get('min-fresh'));
  const staleValue = directives.get('max-stale');
  // Without a value: however stale.
  const isAnyStale = directives.has('max-stale') && staleValue === undefined;
  const maxStaleMs = isAnyStale ? Number.POSITIVE_INFINITY : millisecondsOf(staleValue);
  const demands: CacheDemands = {
    ...(directives.has('no-cache') ? { isNoCache: true } : {}),
    ...(directives.has('no-store') ? { isNoStore: true } : {}),
    ...(directives.has('only-if-cached') ? { isOnlyIfCached: true } : {}),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(minFreshMs === undefined ? {} : { minFreshMs }),
    ...(maxStaleMs === undefined ? {} : { maxStaleMs }),
  };
  return Object.keys(demands).length === 0 ? undefined : demands;
}

function millisecondsOf(seconds: string | undefined): number | undefined {
  return seconds !== undefined && /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}
