/**
 * Statements of who asks, for subgraphs: a JWT for one principal and one subgraph, valid for a minute. It is sent again until half
 * of that is over, since to sign costs much more than to send.
 */
import { randomUUID } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { LRUCache } from 'lru-cache';
import type { AccessConfig } from '../../config/index.ts';
import { jose } from '../jose.ts';
import { type Principal, principalKey } from '../principal.ts';
import { SigningKeys } from './signing-keys.ts';

export interface Statements {
  /** In lower case. */
  readonly header: string;
  /** @returns a promise where it has to be signed */
  of(principal: Principal, subgraph: string): string | Promise<string>;
  /** The public keys that verify statements. */
  keys(): JSONWebKeySet;
}

const lifeSeconds = 60;
const reusedMs = (lifeSeconds * 1_000) / 2;
/** One takes about 600 bytes. */
const maxStatements = 20_000;

/** @param secret of this process, where the configuration has no key */
export function createStatements(config: NonNullable<AccessConfig['toSubgraphs']>, secret: Uint8Array): Statements {
  const keys = new SigningKeys(config.key ?? secret);
  const statements = new LRUCache<string, { readonly statement: string | Promise<string>; readonly until: number }>({
    max: maxStatements,
  });

  function sign({ id, kind, tenant, scopes, roles, expiresAt }: Principal, subgraph: string, now: number) {
    const { kid, key } = keys.current;
    const issuedAt = Math.floor(now / 1_000);
    const ends = Math.min(issuedAt + lifeSeconds, Math.floor((expiresAt ?? Number.POSITIVE_INFINITY) / 1_000));
    return key.then((signingKey) =>
      new (jose().SignJWT)({ kind, tenant, scopes, roles })
        .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
        .setIssuer(config.issuer)
        .setAudience(subgraph)
        .setSubject(id)
        .setIssuedAt(issuedAt)
        // A token that expired within the clock skew still identifies its caller.
        .setExpirationTime(Math.max(ends, issuedAt + 1))
        .setJti(randomUUID())
        .sign(signingKey),
    );
  }

  return {
    header: config.header,
    of(principal, subgraph) {
      const key = `${principalKey(principal)} ${subgraph}`;
      const now = Date.now();
      const cached = statements.get(key);
      if (cached !== undefined && now < cached.until) return cached.statement;
      const until = Math.min(now + reusedMs, principal.expiresAt ?? Number.POSITIVE_INFINITY);
      const signed = sign(principal, subgraph, now);
      statements.set(key, { statement: signed, until });
      signed.then(
        (statement) => statements.set(key, { statement, until }),
        () => statements.delete(key),
      );
      return signed;
    },
    keys: () => keys.published,
  };
}
