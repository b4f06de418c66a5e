/**
 * Who asks, as the gateway states it (`access.to_subgraphs` in supergraph.yaml): a JWT in `isthmus-principal`, for this subgraph
 * alone and for a minute. Whoever has none is not the gateway.
 */
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Identify } from './current-user.ts';

/** Where the gateway of `npm start` publishes its keys, unless ISTHMUS_JWKS_URL says otherwise. */
export const gatewayKeysUrl = (): string =>
  process.env.ISTHMUS_JWKS_URL ?? 'http://127.0.0.1:4000/.well-known/jwks.json';

/**
 * @param subgraph the name that supergraph.yaml has for it
 * @param keysUrl read at each request, since the gateway may start later
 */
export function identifyByStatement(subgraph: string, keysUrl: () => string = gatewayKeysUrl): Identify {
  let keys: { readonly url: string; readonly get: JWTVerifyGetKey } | undefined;
  const options = { issuer: 'isthmus', audience: subgraph, algorithms: ['ES256'], requiredClaims: ['sub', 'exp'] };
  return async ({ 'isthmus-principal': statement }) => {
    if (typeof statement !== 'string') return undefined;
    const url = keysUrl();
    // A gateway that was started again has other keys: they are fetched at most once a second.
    if (keys?.url !== url) keys = { url, get: createRemoteJWKSet(new URL(url), { cooldownDuration: 1_000 }) };
    try {
      const { payload } = await jwtVerify(statement, keys.get, options);
      return { userId: payload.sub };
    } catch {
      return undefined;
    }
  };
}
