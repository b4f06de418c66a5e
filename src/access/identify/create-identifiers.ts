/** The configured ways to identify callers, in the configured order. */
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import { hasBearerApiKey } from '../keys/api-key-of.ts';
import type { Identifier } from './authenticator.ts';
import { identifyByIntrospection } from './introspection.ts';
import type { KeyFiles, KeySets } from './key-sets.ts';
import { identifyByProxy } from './proxy-headers.ts';
import { identifyByJwt } from './tokens.ts';

export interface IdentifierParts {
  readonly keySets: KeySets;
  readonly keyFiles: KeyFiles;
  /** Undefined: callers have no API keys. */
  readonly apiKeys: Identifier | undefined;
}

export function createIdentifiers(
  config: AccessConfig,
  { keySets, keyFiles, apiKeys }: IdentifierParts,
): readonly Identifier[] {
  const hasIntrospection = config.introspection !== undefined;
  // Whatever the order: an API key is no token, and is not sent to an introspection endpoint.
  const ofTokens = (identifier: Identifier): Identifier =>
    apiKeys === undefined ? identifier : (facts) => (hasBearerApiKey(facts.headers) ? undefined : identifier(facts));
  const identifiers = config.order.flatMap((name): readonly Identifier[] => {
    switch (name) {
      case 'api_keys':
        return apiKeys === undefined ? [] : [apiKeys];
      case 'jwt':
        return config.jwt.length === 0
          ? []
          : [ofTokens(identifyByJwt(config, ({ jwks }) => keySets.of(jwks, keyFiles), hasIntrospection))];
      case 'introspection':
        return config.introspection === undefined
          ? []
          : [ofTokens(identifyByIntrospection(config.introspection, config.claims))];
      case 'proxy':
        return config.proxy === undefined ? [] : [identifyByProxy(config.proxy)];
      default:
        return unreachable(name);
    }
  });
  const readsAuthorization = apiKeys !== undefined || config.jwt.length > 0 || hasIntrospection;
  return readsAuthorization ? [...identifiers, refuseOtherSchemes] : identifiers;
}

/** Credentials that no configured way understands are wrong, not missing. */
function refuseOtherSchemes({ headers: { authorization } }: Parameters<Identifier>[0]): undefined {
  if (authorization === undefined) return;
  throw new GatewayError('UNAUTHENTICATED', {
    message: 'The authorization header is not understood; send `Bearer` and a token.',
    detail: 'no configured way understands the authorization header',
  });
}
