/** Who a request is from. `access` makes one principal per request, the same for every route. */
import { createHash } from 'node:crypto';

export interface Principal {
  readonly id: string;
  readonly kind: 'anonymous' | 'user' | 'key' | 'service';
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** The verified claims of a token; empty for other credentials. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The models that it may call on /v1; undefined: all. */
  readonly models?: readonly string[] | undefined;
  /** When its credentials expire, in milliseconds since 1970; undefined: they do not. */
  readonly expiresAt?: number | undefined;
}

/** The caller where no way to identify callers is configured, or where a request has no credentials. */
export const anonymous: Principal = Object.freeze({
  id: 'anonymous',
  kind: 'anonymous',
  tenant: 'public',
  scopes: [],
  roles: [],
  claims: {},
});

const keys = new WeakMap<Principal, string>();

/**
 * A short text that differs between principals that may be answered differently: of other scopes, roles or claims, not
 * only of another id. What is cached or shared by caller is keyed by it.
 */
export function principalKey(principal: Principal): string {
  const cached = keys.get(principal);
  if (cached !== undefined) return cached;
  const { id, kind, tenant, scopes, roles, claims, models } = principal;
  const text = JSON.stringify([id, kind, tenant, scopes, roles, claims, models]);
  const key = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  keys.set(principal, key);
  return key;
}
