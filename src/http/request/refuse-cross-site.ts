/**
 * Refuses what another site's page could make a browser send without asking first (CSRF, and cross-site search by
 * timing: GHSA-hff2-gcpx-8f4p).
 *
 * A browser preflights a request that carries a header outside the safelist, and our CORS answer then decides. Only
 * "simple" requests skip that: here GETs, since a POST must be application/json, which is never simple. So a GET that
 * shows signs of a browser on another site (Sec-Fetch-Site, or an Origin that is neither ours nor allowed) needs any
 * header that would have been preflighted. Requests without such signs (servers, curl, the same site's pages) pass.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../errors/index.ts';
import type { AllowedOrigins } from './allowed-origins.ts';

const preflightedHeaders = [
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'graphql-require-preflight',
  'x-graphql-require-preflight',
];

/** A request whose method and content type its route has checked. */
interface CheckedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: IncomingHttpHeaders;
}

/** @throws GatewayError `CSRF_REFUSED` */
export function refuseCrossSite({ method, headers }: CheckedRequest, allowedOrigins: AllowedOrigins): void {
  if (method === 'POST') return; // application/json, checked: preflighted by every browser
  if (headers['content-type'] !== undefined) return; // application/json, checked: preflighted too
  if (preflightedHeaders.some((name) => headers[name] !== undefined)) return;
  const { origin } = headers;
  if (origin !== undefined && allowedOrigins.allows(origin)) return;
  const crossSite = headers['sec-fetch-site'] === 'cross-site';
  const foreignOrigin = origin !== undefined && !isSameOrigin(origin, headers);
  if (crossSite || foreignOrigin) throw new GatewayError('CSRF_REFUSED');
}

function isSameOrigin(origin: string, headers: IncomingHttpHeaders): boolean {
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}
