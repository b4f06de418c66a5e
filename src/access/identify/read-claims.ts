/** A principal from the claims of a verified token, whichever names its issuer gives them. */
import type { AccessConfig } from '../../config/index.ts';
import type { Principal } from '../principal.ts';

type Claims = Readonly<Record<string, unknown>>;
type ClaimNames = AccessConfig['claims'];

/** @returns undefined where the claims name nobody */
export function principalOf(claims: Claims, names: ClaimNames): Principal | undefined {
  const id = firstText(claims, names.id);
  if (id === undefined) return undefined;
  const expiresAt = typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined;
  return Object.freeze({
    id,
    // A client that acts for itself is the subject of its own token (RFC 9068, section 5).
    kind: id === claims.client_id || id === claims.azp || claims.gty === 'client-credentials' ? 'service' : 'user',
    tenant: firstText(claims, names.tenant) ?? 'public',
    scopes: firstList(claims, names.scopes),
    roles: firstList(claims, names.roles),
    claims,
    expiresAt,
  });
}

function firstText(claims: Claims, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = claimOf(claims, name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/** A text of words, or a list of texts; of the first claim that is there. */
function firstList(claims: Claims, names: readonly string[]): readonly string[] {
  for (const name of names) {
    const value = claimOf(claims, name);
    if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
    if (Array.isArray(value)) return value.filter((item): item is string => typeof item === 'string');
  }
  return [];
}

/** The claim of this name; where there is none, what its steps between dots lead to: `realm_access.roles`. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Claims)[step];
  }
  return value;
}
