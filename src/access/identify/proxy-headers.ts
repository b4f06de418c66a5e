/** Callers that a trusted proxy has authenticated: its headers count only where the connection comes from it. */
import { LRUCache } from 'lru-cache';
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { isWithin, networks } from '../../lib/index.ts';
import type { Principal } from '../principal.ts';
import type { Identifier } from './authenticator.ts';

type ProxyConfig = NonNullable<AccessConfig['proxy']>;

export function identifyByProxy({ from, id, tenant, scopes, roles }: ProxyConfig): Identifier {
  const trusted = networks(from);
  /** Principals by the values of their headers: the same caller is the same object. */
  const principals = new LRUCache<string, Principal>({ max: 1_000 });
  return ({ headers, address }) => {
    const value = headers[id];
    if (value === undefined || !isWithin(trusted, address)) return undefined;
    // Node joins a header that is sent twice with a comma: the second may be the client's.
    if (typeof value !== 'string' || value === '' || value.includes(','))
      throw new GatewayError('UNAUTHENTICATED', { detail: `the proxy's header ${id} does not name one caller` });
    const text = (name: string | undefined): string => {
      const header = name === undefined ? undefined : headers[name];
      return typeof header === 'string' ? header : '';
    };
    if (text(tenant).includes(','))
      throw new GatewayError('UNAUTHENTICATED', { detail: `the proxy's header ${tenant} does not name one tenant` });
    const key = JSON.stringify([value, text(tenant), text(scopes), text(roles)]);
    const cached = principals.get(key);
    if (cached !== undefined) return cached;
    const words = (name: string | undefined): readonly string[] =>
      text(name)
        .split(/[\s,]+/)
        .filter((word) => word !== '');
    const principal: Principal = Object.freeze({
      id: value,
      kind: 'user',
      tenant: text(tenant) || 'public',
      scopes: words(scopes),
      roles: words(roles),
      claims: {},
    });
    principals.set(key, principal);
    return principal;
  };
}
