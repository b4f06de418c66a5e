/** `access.jwt`, `access.introspection` and `access.claims`: tokens of issuers, and what their claims mean. */
import { z } from 'zod';
import { formatPath, type YamlPath } from '../read-yaml.ts';
import { parseDuration } from '../units.ts';
import { duration, durationOr, httpUrl } from '../values.ts';

/** Public keys alone: with a shared secret, whoever can verify a token can make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const listOf = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item)]);

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, 'write a header name such as authorization')
  .transform((name) => name.toLowerCase());

/** A media type whose `application/` may be left out (RFC 7515, section 4.1.9). */
const tokenType = z.string().regex(/^[A-Za-z0-9!#$&^_.+-]+(\/[A-Za-z0-9!#$&^_.+-]+)?$/, 'write a type such as at+jwt');

const jwtYaml = z.strictObject({
  issuer: z.string().min(1).describe('The issuer (`iss`), exactly as its tokens have it.'),
  audience: listOf(z.string().min(1))
    .default([])
    .describe('The audiences (`aud`) of which a token must have one. Omitted: tokens for any audience are accepted.'),
  jwks: z
    .string()
    .min(1)
    .describe(
      'The issuer’s public keys: the URL of its JSON Web Key Set, or a file. A URL is fetched again for unknown key ids, at most every 10 s.',
    ),
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .default(['RS256', 'ES256', 'EdDSA'])
    .describe('The signature algorithms that are accepted.'),
  typ: listOf(tokenType)
    .default(['JWT', 'at+jwt'])
    .describe(
      'The kinds of tokens (`typ` of their header) that are accepted; `at+jwt` alone is that of access tokens by RFC 9068. A token that does not say its kind is a `JWT`.',
    ),
  clock_skew: duration
    .optional()
    .describe(
      'How far the clocks of the issuer and the gateway may differ: so long before its `nbf` and after its `exp` is a token taken. By default 30s before `nbf`, and no time after `exp`.',
    ),
  allow_missing_exp: z.boolean().default(false).describe('Whether tokens that never expire are accepted.'),
  header: headerName.default('authorization').describe('The header that carries the token.'),
  prefix: z.string().default('Bearer').describe('What the token follows in the header; empty: nothing.'),
  cookie: z.string().min(1).optional().describe('A cookie that carries the token where the header is missing.'),
});

export const jwtsYaml = z.array(jwtYaml).default([]).describe('Issuers whose JSON Web Tokens identify callers.');

export const introspectionYaml = z
  .strictObject({
    url: httpUrl.describe('The introspection endpoint (RFC 7662).'),
    client_id: z.string().min(1).describe('The id that the gateway has at the authorization server.'),
    client_secret: z.string().min(1).describe('Its secret.'),
    timeout: durationOr('2s', 'How long the authorization server may take.'),
    cache: durationOr('30s', 'How long an answer is cached; an active token at most until it expires.'),
  })
  .optional()
  .describe('Identifies callers by tokens that the authorization server is asked about.');

const claim = (fallback: string[], what: string) =>
  listOf(z.string().min(1))
    .default(fallback)
    .describe(`${what} Several are tried in order; \`a.b\` is the member \`b\` of \`a\`.`);

export const claimsYaml = z
  .strictObject({
    id: claim(['sub'], 'The claims that hold the caller’s id.'),
    tenant: claim(['tenant'], 'The claims that hold the tenant; `public` where a token has none.'),
    scopes: claim(['scope', 'scp'], 'The claims that hold the scopes: words of a text, or a list.'),
    roles: claim(['roles'], 'The claims that hold the roles: words of a text, or a list.'),
  })
  .prefault({});

export interface JwtConfig {
  readonly issuer: string;
  /** Empty: any. */
  readonly audiences: readonly string[];
  readonly jwks: {
    readonly kind: 'url' | 'file';
    /** The URL, or the absolute path. */
    readonly location: string;
    /** The YAML path of the key, and its line where the configuration is a file. */
    readonly place: string;
    readonly line: number | undefined;
  };
  readonly algorithms: readonly string[];
  /** In lower case, without `application/`. */
  readonly types: readonly string[];
  /** How long a token is taken before it is valid, and after it has expired. */
  readonly clockSkewMs: { readonly early: number; readonly expired: number };
  readonly allowMissingExpiry: boolean;
  /** In lower case. */
  readonly header: string;
  readonly prefix: string;
  readonly cookie: string | undefined;
}

export interface IntrospectionConfig {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: number;
  readonly cacheMs: number;
}

export interface ClaimNames {
  readonly id: readonly string[];
  readonly tenant: readonly string[];
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export function resolveJwts(
  yaml: z.output<typeof jwtsYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): readonly JwtConfig[] {
  return yaml.map(
    ({ audience, jwks, typ, clock_skew: skew, allow_missing_exp: allowMissingExpiry, ...rest }, index) => {
      const path = ['access', 'jwt', index, 'jwks'];
      const place = { place: formatPath(path), line: lineOf(path) };
      const { issuer, algorithms, header, prefix, cookie } = rest;
      return {
        issuer,
        audiences: [audience].flat(),
        jwks: /^https?:\/\//.test(jwks)
          ? { kind: 'url', location: jwks, ...place }
          : { kind: 'file', location: at(jwks), ...place },
        algorithms,
        types: [typ].flat().map((type) => type.toLowerCase().replace(/^application\//, '')),
        clockSkewMs: { early: parseDuration(skew ?? '30s') ?? 0, expired: parseDuration(skew ?? '') ?? 0 },
        allowMissingExpiry,
        header,
        prefix,
        cookie,
      };
    },
  );
}

export function resolveIntrospection(yaml: z.output<typeof introspectionYaml>): IntrospectionConfig | undefined {
  if (yaml === undefined) return undefined;
  const { url, client_id: clientId, client_secret: clientSecret, timeout, cache } = yaml;
  return { url, clientId, clientSecret, timeoutMs: parseDuration(timeout) ?? 0, cacheMs: parseDuration(cache) ?? 0 };
}

export function resolveClaims(yaml: z.output<typeof claimsYaml>): ClaimNames {
  const { id, tenant, scopes, roles } = yaml;
  return { id: [id].flat(), tenant: [tenant].flat(), scopes: [scopes].flat(), roles: [roles].flat() };
}
