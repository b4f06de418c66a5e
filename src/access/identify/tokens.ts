/** JSON Web Tokens: verified with the keys of their issuer, then cached until they expire. The only file that verifies them. */
import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { jose } from '../jose.ts';
import type { Principal } from '../principal.ts';
import type { CallerFacts, Identifier } from './authenticator.ts';
import { bearerToken, cookieOf } from './credentials.ts';
import { principalOf } from './read-claims.ts';
import { noteSubjectToken } from './subject-tokens.ts';

type JwtConfig = AccessConfig['jwt'][number];

/** Verified tokens; one of 1 KB takes about 3 KB with its claims. */
const maxTokens = 10_000;
/** No issuer writes longer ones; a request's headers are at most 16 KiB. */
const maxTokenLength = 16_384;

/** OpenID Connect Back-Channel Logout 1.0, section 2.4. */
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** Three parts of base64url between dots: what is not is another kind of credential. */
const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export function identifyByJwt(
  { jwt, claims }: Pick<AccessConfig, 'jwt' | 'claims'>,
  keysOf: (issuer: JwtConfig) => JWTVerifyGetKey,
  hasIntrospection: boolean,
): Identifier {
  const issuers = new Map(jwt.map((config) => [config.issuer, { config, keys: keysOf(config) }]));
  const verified = new LRUCache<string, Principal>({ max: maxTokens });

  return (facts) => {
    const token = tokenOf(facts, jwt);
    if (token === undefined) return undefined;
    if (!jwtForm.test(token) || token.length > maxTokenLength) {
      // Tokens of other forms are for introspection to judge.
      if (hasIntrospection) return undefined;
      throw invalid('the token is no JSON Web Token');
    }
    const cached = verified.get(token);
    if (cached === undefined) return verify(token);
    const { expiresAt } = cached;
    if (expiresAt === undefined || Date.now() < expiresAt + skewOf(cached)) return cached;
    verified.delete(token);
    throw expired();
  };

  function skewOf({ claims: { iss } }: Principal): number {
    return issuers.get(String(iss))?.config.clockSkewMs.expired ?? 0;
  }

  async function verify(token: string): Promise<Principal> {
    let issuer: string | undefined;
    try {
      ({ iss: issuer } = jose().decodeJwt(token));
    } catch {
      throw invalid('the token is no JSON Web Token');
    }
    const configured = issuer === undefined ? undefined : issuers.get(issuer);
    if (configured === undefined) throw invalid(`no issuer "${(issuer ?? '').slice(0, 200)}" is configured`);
    const { config, keys } = configured;
    try {
      const { payload, protectedHeader } = await jose().jwtVerify(token, keys, {
        issuer: config.issuer,
        algorithms: [...config.algorithms],
        // Never less than that of `exp`, which is held against it below.
        clockTolerance: config.clockSkewMs.early / 1_000,
        ...(config.audiences.length === 0 ? {} : { audience: [...config.audiences] }),
        ...(config.allowMissingExpiry ? {} : { requiredClaims: ['exp'] }),
      });
      refuseOtherKinds(config, protectedHeader, payload);
      if (payload.exp !== undefined && Date.now() >= payload.exp * 1_000 + config.clockSkewMs.expired) throw expired();
      const principal = principalOf(payload, claims);
      if (principal === undefined) throw invalid(`the token has none of the claims ${claims.id.join(', ')}`);
      noteSubjectToken(principal, token);
      verified.set(token, principal);
      return principal;
    } catch (error) {
      throw reasonOf(error);
    }
  }
}

/**
 * An issuer signs with the same keys what is no credential here: logout tokens, security events, ID tokens. `typ` tells
 * them apart (RFC 8725, section 3.11); of logout tokens, whose `typ` is only recommended, the event does.
 */
function refuseOtherKinds({ types }: JwtConfig, { typ = 'JWT' }: JWTHeaderParameters, { events }: JWTPayload): void {
  const type = String(typ)
    .toLowerCase()
    .replace(/^application\//, '');
  if (!types.includes(type)) throw invalid(`its typ "${type.slice(0, 200)}" is none of ${types.join(', ')}`);
  if (typeof events === 'object' && events !== null && logoutEvent in events) throw invalid('it is a logout token');
}

/** From the first place that has one: each issuer's header or cookie. */
function tokenOf(facts: CallerFacts, configs: readonly JwtConfig[]): string | undefined {
  for (const { header, prefix, cookie } of configs) {
    const inHeader = bearerToken(facts.headers, header, prefix);
    if (inHeader !== undefined) return inHeader;
    const inCookie = cookie === undefined ? undefined : cookieOf(facts.headers, cookie);
    if (inCookie !== undefined) return inCookie;
  }
  return undefined;
}

function reasonOf(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  const { errors } = jose();
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`its claim ${error.claim}: ${error.message}`);
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || isUnreadable(error))
    return new GatewayError('AUTHENTICATION_UNAVAILABLE', { detail: `the issuer's keys: ${messageOf(error)}` });
  if (error instanceof errors.JOSEError) return invalid(error.message);
  return error;
}

/** A key set that is no JSON has no error of its own. */
function isUnreadable(error: unknown): boolean {
  return error instanceof jose().errors.JOSEError && error.code === 'ERR_JOSE_GENERIC';
}

function expired(): GatewayError {
  return invalid('the token has expired', 'The token has expired.');
}

/** The client is told that the token is not valid, and only of an expired one why: the rest helps those who forge. */
function invalid(detail: string, message = 'The token is not valid.'): GatewayError {
  return new GatewayError('UNAUTHENTICATED', { message, detail });
}
