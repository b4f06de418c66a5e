/** One exchange of a token (RFC 8693), whose answer is checked before it is sent anywhere. */
import type { AccessConfig } from '../../config/index.ts';
import { askAuthorizationServer } from '../ask-authorization-server.ts';
import { jose } from '../jose.ts';

export type ExchangeConfig = AccessConfig['exchanges'][string];

export interface ExchangedToken {
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

const typePrefix = 'urn:ietf:params:oauth:token-type:';
const maxTokenLength = 16_384;
/** Of a token that does not say when it expires. */
const unknownLifeMs = 60_000;

/** @throws Error with the reason, where there is no token that may be sent to the subgraph */
export async function requestToken(config: ExchangeConfig, subjectToken: string): Promise<ExchangedToken> {
  const { audience, scope, resource } = config;
  const began = Date.now();
  const answer = await askAuthorizationServer(config, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: `${typePrefix}access_token`,
    requested_token_type: `${typePrefix}access_token`,
    audience,
    ...(scope === undefined ? {} : { scope }),
    ...(resource === undefined ? {} : { resource }),
  });
  const { access_token: token, token_type: type, issued_token_type: issued, expires_in: lifeSeconds } = answer;
  if (typeof token !== 'string' || token.length > maxTokenLength || !/^[\w\-.~+/]+=*$/.test(token))
    throw new Error('its answer has no access_token');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw new Error('its token is no bearer token');
  if (issued !== undefined && issued !== `${typePrefix}access_token` && issued !== `${typePrefix}jwt`)
    throw new Error('its token is no access token');
  if (token === subjectToken) throw new Error('it gave the caller’s own token back');
  const claims = claimsOf(token);
  if (claims?.aud !== undefined && ![claims.aud].flat().includes(audience))
    throw new Error('its token is for another audience');
  const ends = [
    typeof lifeSeconds === 'number' ? began + lifeSeconds * 1_000 : Number.POSITIVE_INFINITY,
    typeof claims?.exp === 'number' ? claims.exp * 1_000 : Number.POSITIVE_INFINITY,
  ];
  const earliest = Math.min(...ends);
  const expiresAt = earliest === Number.POSITIVE_INFINITY ? began + unknownLifeMs : earliest;
  if (!(expiresAt > Date.now())) throw new Error('its token has expired');
  return { token, expiresAt };
}

/** @returns undefined for a token that is none of JSON: it is the subgraph's to understand */
function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return jose().decodeJwt(token);
  } catch {
    return undefined;
  }
}
