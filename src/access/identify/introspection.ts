/** Tokens that the authorization server is asked about (RFC 7662). Answers are cached, those for invalid tokens as well. */
import { LRUCache } from 'lru-cache';
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { SingleFlight, stableHash } from '../../lib/index.ts';
import { askAuthorizationServer } from '../ask-authorization-server.ts';
import type { Principal } from '../principal.ts';
import type { Identifier } from './authenticator.ts';
import { bearerToken } from './credentials.ts';
import { principalOf } from './read-claims.ts';
import { noteSubjectToken } from './subject-tokens.ts';

type IntrospectionConfig = NonNullable<AccessConfig['introspection']>;

const maxTokens = 10_000;
const maxTokenLength = 16_384;

export function identifyByIntrospection(config: IntrospectionConfig, claimNames: AccessConfig['claims']): Identifier {
  /** By the hash of the token; `inactive` for a token that is not valid. */
  const answers = new LRUCache<string, Principal | 'inactive'>({ max: maxTokens });
  const lookups = new SingleFlight<Principal | 'inactive'>();

  return ({ headers }) => {
    const token = bearerToken(headers, 'authorization', 'Bearer');
    if (token === undefined) return undefined;
    if (token.length > maxTokenLength) throw refusal('the token is too long');
    const key = stableHash(token);
    const cached = answers.get(key);
    if (cached !== undefined) return accepted(cached);
    return lookups.run(key, () => lookUp(token, key)).then(accepted);
  };

  async function lookUp(token: string, key: string): Promise<Principal | 'inactive'> {
    const claims = await introspect(config, token);
    const principal = claims.active === true ? principalOf(claims, claimNames) : undefined;
    if (principal !== undefined) noteSubjectToken(principal, token);
    const answer = principal ?? 'inactive';
    const untilExpiry = (principal?.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
    if (untilExpiry > 0) answers.set(key, answer, { ttl: Math.max(1, Math.min(config.cacheMs, untilExpiry)) });
    return answer;
  }
}

function accepted(answer: Principal | 'inactive'): Principal {
  if (answer === 'inactive') throw refusal('the authorization server does not accept the token');
  if (answer.expiresAt !== undefined && answer.expiresAt <= Date.now()) throw refusal('the token has expired');
  return answer;
}

/** @throws GatewayError `AUTHENTICATION_UNAVAILABLE` where the server does not answer as it should */
async function introspect(server: IntrospectionConfig, token: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await askAuthorizationServer(server, { token, token_type_hint: 'access_token' });
  } catch (error) {
    throw new GatewayError('AUTHENTICATION_UNAVAILABLE', { detail: `the introspection endpoint: ${messageOf(error)}` });
  }
}

function refusal(detail: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', { message: 'The token is not valid.', detail });
}
