/** The configured ways to identify callers, in the configured order. */
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import { hasBearerApiKey } from '../keys/api-key-of.ts';
import type { Identifier } from './authenticator.ts';
import { identifyByCertificate, refuseUnknownCertificates } from './client-certificates.ts';
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
      case 'mtls':
        return config.mtls.length === 0 ? [] : [identifyByCertificate(config.mtls)];
      default:
        return unreachable(name);
    }
  });
  const readHeaders = new Set(config.jwt.map(({ header }) => header));
  if (apiKeys !== undefined || hasIntrospection) readHeaders.add('authorization');
  return [
    ...identifiers,
    ...(readHeaders.size === 0 ? [] : [refuseOtherSchemes([...readHeaders])]),
    ...(config.mtls.length === 0 ? [] : [refuseUnknownCertificates]),
  ];
}

/** Credentials that no configured way understands are wrong, not missing. */
function refuseOtherSchemes(names: readonly string[]): Identifier {
  return ({ headers }) => {
    const name = names.find((header) => headers[header] !== undefined);
    if (name === undefined) return undefined;
    throw new GatewayError('UNAUTHENTICATED', {
      message: `The ${name} header is not understood; send a token in the form that is configured.`,
      detail: `no configured way understands the ${name} header`,
    });
  };
}
